"""Runs: which schedules are due, and the one run that each of them opens.

A run is a row before it is mail: ``(schedule, beginning of the window)`` is unique, so looking late, twice or at once
comes to the same. What was missed is caught up by one run, never by one for each time that was missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.digests import queries
from engage.digests.enums import Cadence, SubscriptionState
from engage.digests.models import DigestRun, Subscription
from engage.digests.service.effective import paused_on
from engage.digests.service.schedule import last_slot
from engage.kernel import clock
from engage.kernel.uktime import to_uk

LAG = timedelta(minutes=2)
"""A publication is seen when its transaction ends, a little after the time it bears. Windows end this long before the
present, and none is opened while a transaction takes longer (``_settled``): nothing falls between two windows.
"""
AGAIN = timedelta(minutes=15)
"""For who was left over by a finished run (their letter could not be written, or they changed their hour since), the
same slot gets another run after this long: what always fails must not fail every minute."""
_LOCK = 0x646967657374  # "digest"
_WRITING = sa.text(
    "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cadence with the day and the hour that matter for it; those that do not are 0."""

    cadence: Cadence
    weekday: int = 0
    hour: int = 0

    @classmethod
    def of(cls, found: Subscription) -> Schedule:
        """Return the schedule of a subscription."""
        weekly, timed = found.cadence is Cadence.WEEKLY, found.cadence is not Cadence.IMMEDIATE
        return cls(found.cadence, found.weekday if weekly else 0, found.hour if timed else 0)

    def condition(self) -> sa.ColumnElement[bool]:
        """Return the condition that a ``Subscription`` has this schedule."""
        wanted = [Subscription.cadence == self.cadence]
        if self.cadence is Cadence.WEEKLY:
            wanted.append(Subscription.weekday == self.weekday)
        if self.cadence is not Cadence.IMMEDIATE:
            wanted.append(Subscription.hour == self.hour)
        return sa.and_(*wanted)


def slot_of(session: Session, schedule: Schedule, *, now: datetime, since: datetime) -> datetime | None:
    """Return when a digest of this schedule was due last, not after ``now``.

    At once is when something happened that a window may end after; ``None`` when nothing did since ``since``.
    """
    if schedule.cadence is not Cadence.IMMEDIATE:
        return last_slot(now, cadence=schedule.cadence, weekday=schedule.weekday, hour=schedule.hour)
    return queries.last_news(session, after=since, until=window_end(now))


def behind(schedule: Schedule, slot: datetime) -> datetime:
    """Return the moment up to which a subscription must have been told, or its digest for ``slot`` is due."""
    return slot if schedule.cadence is Cadence.IMMEDIATE else slot - LAG


def window_end(now: datetime) -> datetime:
    """Return where a window ends that is opened at ``now``, never later than the clock allows."""
    return min(now, clock.now()) - LAG


def take_turn(session: Session) -> None:
    """Be the only one who opens runs or writes digests, until the transaction ends; wait while another does.

    Who decides that an address has not been told of a challenge must see everything that others tell it. A turn is
    a fraction of a second; a process that is killed gives it back.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def open_runs(session: Session, *, now: datetime) -> Sequence[DigestRun]:
    """Open a run for each schedule that is due at ``now``, and return all runs that are not finished, oldest first.

    Side effects: ``take_turn``; the runs. A run of an earlier slot that is not finished ends here, and whoever it has
    not reached is told by the new one: one mail, whatever was missed.
    """
    take_turn(session)
    for schedule, slot, since in slots_due(session, now=now):
        run_for(session, schedule, slot=slot, since=since, now=now)
    return unfinished(session)


def slots_due(session: Session, *, now: datetime) -> list[tuple[Schedule, datetime, datetime]]:
    """Return each schedule with somebody who is due at ``now``, its slot, and since when they have been told nothing.

    One statement, one for who wants to be told at once, and one for each schedule with somebody who is behind.
    """
    found: list[tuple[Schedule, datetime, datetime]] = []
    for schedule, behind_since in _waiting(session).items():
        slot = slot_of(session, schedule, now=now, since=behind_since)
        if slot is None or behind_since >= behind(schedule, slot):
            continue
        earliest = sa.select(sa.func.min(Subscription.covered_until)).where(due(schedule, slot))
        since = session.scalar(earliest)
        if since is not None:
            found.append((schedule, slot, since))
    return found


def run_for(
    session: Session,
    schedule: Schedule,
    *,
    slot: datetime,
    since: datetime,
    now: datetime,
    again: bool = False,
) -> DigestRun | None:
    """Return the run that brings the digests of ``schedule`` for ``slot``, opened if need be.

    Its window begins where the last run's ended (``since`` when there was none) and ends two minutes before ``now``.
    ``None`` when a run of the same slot was finished a moment ago (unless ``again``), when there is no time between
    beginning and end, or while somebody has been writing since before the end. A run of an earlier slot that is not
    finished ends here. Call ``take_turn`` before.
    """
    end, last = window_end(now), _last(session, schedule)
    if last is not None:
        if last.finished_at is None and last.slot == slot:
            return last
        if last.slot == slot and not again and last.finished_at and last.finished_at > clock.now() - AGAIN:
            return None
        if last.window_end >= end:  # the clock went back, or somebody asks as of an earlier time
            return _reopened(session, last, slot)
        if last.finished_at is None:
            last.finished_at = clock.now()
    start = last.window_end if last is not None else since
    if start >= end or not _settled(session, end):
        return None
    values = {
        "cadence": schedule.cadence,
        "weekday": schedule.weekday,
        "hour": schedule.hour,
        "slot": slot,
        "window_start": start,
        "window_end": end,
        "opened_at": clock.now(),
        "reached": "",
        "letters": 0,
        "silent": 0,
        "failed": 0,
    }
    insert = postgresql.insert(DigestRun).values(values).on_conflict_do_nothing()
    opened: DigestRun | None = session.scalar(insert.returning(DigestRun))
    return opened


def _settled(session: Session, end: datetime) -> bool:
    """Tell whether nothing can appear any more up to ``end``: who has written something and is not done began later."""
    oldest: datetime | None = session.scalar(_WRITING)
    return oldest is None or oldest > end


def unfinished(session: Session) -> Sequence[DigestRun]:
    """Return the runs that are not finished, oldest first."""
    query = sa.select(DigestRun).where(DigestRun.finished_at.is_(None)).order_by(DigestRun.id)
    return session.scalars(query).all()


def schedule_of(run: DigestRun) -> Schedule:
    """Return the schedule of a run."""
    return Schedule(run.cadence, run.weekday, run.hour)


def due_in(run: DigestRun) -> sa.ColumnElement[bool]:
    """Return the condition that a ``Subscription`` is due in ``run`` today."""
    return due(schedule_of(run), run.slot, end=run.window_end)


def due(schedule: Schedule, slot: datetime, *, end: datetime | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that a ``Subscription`` has ``schedule`` and must be told today what was due at ``slot``.

    It is active, was not told up to then (nor up to ``end``), and its address pauses neither today nor did on the day
    of the slot: who comes back from a holiday is told at the next slot, at the hour they chose. Pages say the same:
    ``upcoming.is_due``.
    """
    told_until = behind(schedule, slot)
    condition = sa.and_(
        Subscription.state == SubscriptionState.ACTIVE,
        schedule.condition(),
        Subscription.covered_until < (told_until if end is None else min(told_until, end)),
        ~paused_on(clock.uk_today()),
    )
    if schedule.cadence is Cadence.IMMEDIATE:
        return condition
    return sa.and_(condition, ~paused_on(to_uk(slot).date()))


def _waiting(session: Session) -> Mapping[Schedule, datetime]:
    """Return the schedules in use, each with the earliest end of what its subscribers have been told."""
    weekly = Subscription.cadence == Cadence.WEEKLY
    timed = Subscription.cadence != Cadence.IMMEDIATE
    weekday = sa.case((weekly, Subscription.weekday), else_=0).label("day")
    hour = sa.case((timed, Subscription.hour), else_=0).label("at")
    query = (
        sa.select(Subscription.cadence, weekday, hour, sa.func.min(Subscription.covered_until))
        .where(Subscription.state == SubscriptionState.ACTIVE, ~paused_on(clock.uk_today()))
        .group_by(Subscription.cadence, weekday, hour)
        .order_by(Subscription.cadence, weekday, hour)
    )
    return {Schedule(*row[:3]): row[3] for row in session.execute(query) if row[3] is not None}


def _last(session: Session, schedule: Schedule) -> DigestRun | None:
    query = (
        sa.select(DigestRun)
        .where(
            DigestRun.cadence == schedule.cadence,
            DigestRun.weekday == schedule.weekday,
            DigestRun.hour == schedule.hour,
        )
        .order_by(DigestRun.window_end.desc())
        .limit(1)
    )
    return session.scalar(query)


def _reopened(session: Session, run: DigestRun, slot: datetime) -> DigestRun:
    run.slot, run.finished_at, run.reached = max(run.slot, slot), None, ""
    session.flush()
    return run


def count_due(session: Session, *, now: datetime) -> int:
    """Return how many subscriptions are due at ``now``."""
    end, number = window_end(now), 0
    for schedule, slot, _ in slots_due(session, now=now):
        condition = due(schedule, slot, end=end)
        number += session.scalar(sa.select(sa.func.count()).select_from(Subscription).where(condition)) or 0
    return number
