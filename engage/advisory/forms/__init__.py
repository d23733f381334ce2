"""Forms of sessions, places, and of what stands around a session."""

from __future__ import annotations

from engage.advisory.forms.afterwards import (
    MinutesForm,
    OfficialForm,
    attendance_form,
    came,
    presences,
    with_names,
)
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
from engage.advisory.forms.needs import NeedAnswerForm, NeedForm
from engage.advisory.forms.sessions import (
    FORMATS,
    ONE_TO_ONE,
    PublishForm,
    ReasonForm,
    SessionForm,
    session_values,
)
from engage.advisory.forms.talks import TermsForm, TimesForm

__all__ = [
    "FORMATS",
    "ONE_TO_ONE",
    "AcceptForm",
    "AttendeeForm",
    "DeclineForm",
    "EntryForm",
    "KeepForm",
    "MinutesForm",
    "NeedAnswerForm",
    "NeedForm",
    "OfferForm",
    "OfficialForm",
    "PublishForm",
    "ReasonForm",
    "SessionForm",
    "TermsForm",
    "TimesForm",
    "VolunteerForm",
    "attendance_form",
    "came",
    "contribution_form",
    "presences",
    "session_values",
    "with_names",
]
