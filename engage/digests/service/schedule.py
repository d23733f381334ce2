"""When a digest is due: at once, or at an hour on UK clocks, every day or on one weekday."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from engage.digests.enums import WEEKDAYS, Cadence
from engage.kernel.clock import UK
from engage.kernel.uktime import clock_words

ONE_DAY = timedelta(days=1)


def last_slot(now: datetime, *, cadence: Cadence, weekday: int, hour: int) -> datetime:
    """Return the latest moment, not after ``now``, at which a digest of this cadence was due, in UTC.

    At once is always now. In the hour that the clocks skip in March the slot is when they have jumped; in the hour
    that comes twice in October it is the first of the two.
    """
    if cadence is Cadence.IMMEDIATE:
        return now
    day = now.astimezone(UK).date()
    while (slot := _slot(day, hour)) > now or not _fits(day, cadence, weekday):
        day -= ONE_DAY
    return slot


def next_slot(now: datetime, *, cadence: Cadence, weekday: int, hour: int) -> datetime:
    """Return the first moment after ``now`` at which a digest of this cadence is due, in UTC; at once is ``now``."""
    if cadence is Cadence.IMMEDIATE:
        return now
    day = now.astimezone(UK).date()
    while (slot := _slot(day, hour)) <= now or not _fits(day, cadence, weekday):
        day += ONE_DAY
    return slot


def in_words(*, cadence: Cadence, weekday: int, hour: int) -> str:
    """Return "every Tuesday at 8am", "every day at 8am" or "as soon as there is news"."""
    if cadence is Cadence.IMMEDIATE:
        return "as soon as there is news"
    day = "day" if cadence is Cadence.DAILY else WEEKDAYS[weekday]
    return f"every {day} at {clock_words(time(hour))}"


def _fits(day: date, cadence: Cadence, weekday: int) -> bool:
    return cadence is Cadence.DAILY or day.weekday() == weekday


def _slot(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UK).astimezone(UTC)
