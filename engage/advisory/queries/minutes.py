"""Minutes: what they are called, and until when they have to be published."""

from __future__ import annotations

from datetime import date, datetime

from engage.advisory.models import AdvisorySession
from engage.kernel import clock
from engage.kernel.settings import settings
from engage.kernel.uktime import to_uk
from engage.kernel.workdays import workday_after


def fact_of_minutes(meeting: AdvisorySession) -> str:
    """Return how the ledger calls the minutes of a session."""
    return f"minutes:{meeting.ref}"


def minutes_due_on(ends_at: datetime) -> date:
    """Return the last day on which the minutes of a session that ended then are not late."""
    return workday_after(to_uk(ends_at).date(), settings().minutes_days)


def minutes_late(ends_at: datetime, published_at: datetime | None) -> bool:
    """Tell whether minutes are missing after their day."""
    return published_at is None and clock.uk_today() > minutes_due_on(ends_at)
