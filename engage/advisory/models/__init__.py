"""Tables of advisory sessions, of places in them, of offers to help, and of what stands around a session."""

from __future__ import annotations

from engage.advisory.models.attendance import Attendance
from engage.advisory.models.contributions import Answered, Contribution
from engage.advisory.models.drafts import SessionDraft
from engage.advisory.models.feedback import FeedbackAnswer, FeedbackRound
from engage.advisory.models.feeds import CalendarFeed
from engage.advisory.models.materials import SessionMaterial
from engage.advisory.models.needs import AccessNeed
from engage.advisory.models.offers import VolunteerOffer
from engage.advisory.models.one_to_one import OneToOneAsk, OneToOneTerms
from engage.advisory.models.seats import Seat, WaitingPlace
from engage.advisory.models.sessions import AdvisorySession

__all__ = [
    "AccessNeed",
    "AdvisorySession",
    "Answered",
    "Attendance",
    "CalendarFeed",
    "Contribution",
    "FeedbackAnswer",
    "FeedbackRound",
    "OneToOneAsk",
    "OneToOneTerms",
    "Seat",
    "SessionDraft",
    "SessionMaterial",
    "VolunteerOffer",
    "WaitingPlace",
]
