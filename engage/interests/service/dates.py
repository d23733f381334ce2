"""When an interest counts. Pure: the database computes the same (``Declaration.counts_until``)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

MONTHS = 12


def add_months(day: date, months: int) -> date:
    """Return the same day of the month so many months later, or the last of a month that is shorter."""
    years, month = divmod(day.month - 1 + months, MONTHS)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def counts_until(*, ends_on: date | None, ended_on: date | None = None, cooling_off: int) -> date | None:
    """Return the last day on which an interest counts: the earlier end and the months after it. ``None``: no end."""
    last = min(filter(None, (ends_on, ended_on)), default=None)
    return None if last is None else add_months(last, cooling_off)


def counts_on(day: date, *, starts_on: date, until: date | None) -> bool:
    """Tell whether an interest counts on ``day``: from its first day to the last of its cooling-off, both included."""
    return starts_on <= day and (until is None or day <= until)
