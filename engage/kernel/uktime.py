"""Dates and times in words, as people in the United Kingdom read them. Inside engage times are in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engage.kernel.clock import UK


def to_uk(moment: datetime) -> datetime:
    """Return ``moment`` on the UK clock. Raises ``ValueError`` for a naive time: it names no moment."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UK)


def from_uk(day: date, clock: time) -> datetime:
    """Return the one moment, in UTC, at which UK clocks show ``clock`` on ``day``, as ``from_zone`` does."""
    return from_zone(day, clock, UK)


def from_zone(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the one moment, in UTC, at which clocks in ``zone`` show ``clock`` on ``day``.

    Raises ``ValueError``, with a sentence for the person, for the hour that the clocks skip (in the United Kingdom
    on the last Sunday of March) and for the hour that they show twice (last Sunday of October): which of the two is
    meant is for the person to say, never for us to guess.
    """
    local = datetime.combine(day, clock, tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).time() != clock:
        raise ValueError(f"The clocks skip {clock_words(clock)} on {uk_date(day)}: choose another time")
    if local.replace(fold=1).astimezone(UTC) != moment:
        raise ValueError(
            f"The clocks go back on {uk_date(day)} and show {clock_words(clock)} twice: choose another time"
        )
    return moment


def uk_date(day: date, *, weekday: bool = False) -> str:
    """Return "3 March 2026"; with ``weekday``, "Tuesday 3 March 2026". A ``datetime`` counts by UK time."""
    if isinstance(day, datetime):
        day = to_uk(day).date()
    words = f"{day.day} {day:%B} {day.year}"
    return f"{day:%A} {words}" if weekday else words


def clock_words(clock: time) -> str:
    """Return "2:30pm", "9am", "midday" or "midnight"."""
    if clock.minute == 0 and clock.hour in {0, 12}:
        return "midday" if clock.hour else "midnight"
    minutes = f":{clock.minute:02}" if clock.minute else ""
    return f"{(clock.hour - 1) % 12 + 1}{minutes}{'am' if clock.hour < 12 else 'pm'}"


def uk_time(moment: datetime) -> str:
    """Return "Tuesday 3 March 2026 at 2:30pm (UK time)"."""
    local = to_uk(moment)
    return f"{uk_date(local, weekday=True)} at {clock_words(local.time())} (UK time)"


def uk_range(start: datetime, end: datetime) -> str:
    """Return "Tuesday 3 March 2026, 2:30pm to 4pm (UK time)", or both days in full when they differ."""
    first, last = to_uk(start), to_uk(end)
    begin = f"{uk_date(first, weekday=True)}, {clock_words(first.time())}"
    finish = clock_words(last.time())
    if first.date() != last.date():
        finish = f"{uk_date(last, weekday=True)}, {finish}"
    return f"{begin} to {finish} (UK time)"


def duration_words(span: timedelta) -> str:
    """Return how long ``span`` is in its two largest units: "3 days 4 hours", "25 minutes", "less than a minute"."""
    minutes = max(0, int(span.total_seconds())) // 60
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "day"), (rest // 60, "hour"), (rest % 60, "minute")]
    while parts and not parts[0][0]:
        parts.pop(0)
    words = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts[:2] if count]
    return " ".join(words) or "less than a minute"
