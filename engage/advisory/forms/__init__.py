"""Forms of sessions, places, and of what stands around a session."""

from __future__ import annotations

from engage.advisory.forms.afterwards import MinutesForm, attendance_form, came
from engage.advisory.forms.answers import (
    AcceptForm,
    AttendeeForm,
    DeclineForm,
    EntryForm,
    KeepForm,
    OfferForm,
    VolunteerForm,
)
from engage.advisory.forms.contributions import contribution_form
from engage.advisory.forms.sessions import ReasonForm, SessionForm, session_values

__all__ = [
    "AcceptForm",
    "AttendeeForm",
    "DeclineForm",
    "EntryForm",
    "KeepForm",
    "MinutesForm",
    "OfferForm",
    "ReasonForm",
    "SessionForm",
    "VolunteerForm",
    "attendance_form",
    "came",
    "contribution_form",
    "session_values",
]
