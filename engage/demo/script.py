"""Past and future days as the demo counts them, and the script: everything that happened, in order of time."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from engage.kernel import uktime
from engage.kernel.workdays import is_workday

if TYPE_CHECKING:
    from engage.demo.world import World

Act = Callable[[Session, "World"], None]
ONE_DAY = timedelta(days=1)
BETWEEN = timedelta(minutes=5)
JITTER = 23


@dataclass(frozen=True)
class Step:
    """Something that somebody did at a moment of the past."""

    moment: datetime
    title: str
    act: Act


def workday(today: date, days: int) -> date:
    """Return the day so many ``days`` from ``today``; off weekends and bank holidays, away from today.

    A past day moves back to the working day before it, a coming one on to the next.
    """
    day = today + timedelta(days=days)
    while not is_workday(day):
        day += ONE_DAY if days > 0 else -ONE_DAY
    return day


def moment(today: date, days: int, clock: time) -> datetime:
    """Return when UK clocks show ``clock`` on the working day ``days`` from ``today``, in UTC."""
    return uktime.from_uk(workday(today, days), clock)


def clock(text: str) -> time:
    """Return the time of day written as "09:30"."""
    return time.fromisoformat(text)


@dataclass
class Diary:
    """The entries of one story. Sorted by day and time, each comes a few minutes after the one before it."""

    today: date
    entries: list[tuple[int, time, str, Act]] = field(default_factory=list)

    def note(self, days: int, at: str, title: str, act: Act) -> None:
        """Write down that ``act`` happens ``days`` from today (below 0: past), at about ``at``, UK time."""
        self.entries.append((days, clock(at), title, act))

    def steps(self) -> list[Step]:
        """Return the steps with their moments. Two entries of one time keep the order of writing."""
        found: list[Step] = []
        for days, at, title, act in sorted(self.entries, key=lambda entry: entry[:2]):
            when = moment(self.today, days, at) + _jitter(title)
            if found and when < found[-1].moment + BETWEEN:
                when = found[-1].moment + BETWEEN
            found.append(Step(when, title, act))
        return found


def _jitter(title: str) -> timedelta:
    """Return a few minutes that depend on ``title``: not everything happens on the hour."""
    return timedelta(minutes=zlib.crc32(title.encode()) % JITTER)
