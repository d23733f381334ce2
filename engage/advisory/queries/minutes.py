"""Until when minutes have to be published."""

from __future__ import annotations

from datetime import date, datetime

from engage.kernel import clock
from engage.kernel.settings import settings
from engage.kernel.uktime import to_uk
from engage.kernel.workdays import workday_after


def minutes_due_on(ends_at: datetime) -> date:
    """Return the last day on which the minutes of a session that ended then are not late."""
    return workday_after(to_uk(ends_at).date(), settings().minutes_days)


def minutes_late(ends_at: datetime, published_at: datetime | None) -> bool:
    """Tell whether minutes are missing after their day."""
    return published_at is None and clock.uk_today() > minutes_due_on(ends_at)
