"""What should have happened to letters and did not: work not done in time, never the length of a queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.uktime import uk_time
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter

SOON, BULK_SOON = timedelta(minutes=15), timedelta(hours=2)
"""How long a letter that is due may wait: one that somebody waits for, and bulk mail."""
REFUSED_FOR = timedelta(hours=1)
HELD_FOR = timedelta(days=1)
WORDS: Mapping[str, tuple[LetterState, str]] = {
    "waiting": (
        LetterState.QUEUED,
        "{letters} should have left, the first on {since}. Does a worker run?",
    ),
    "refused": (
        LetterState.QUEUED,
        "{letters} could not be handed over yet, the first from {since}. We try for three days.",
    ),
    "failed": (
        LetterState.FAILED,
        "{letters} failed for good, the first from {since}. Send again, or cancel.",
    ),
    "held": (
        LetterState.HELD,
        "{letters} held for more than a day, the first from {since}. Release, or cancel.",
    ),
}
"""Where the letters of an alarm are found, and what it says."""


@dataclass(frozen=True)
class Alarm:
    """Something for a person to look at. ``state`` is where its letters are found, if it is about letters."""

    kind: str
    number: int
    words: str
    state: LetterState | None


def alarms(session: Session) -> Sequence[Alarm]:
    """Return what needs looking after, the most urgent first; nothing when mail goes as it should. One statement."""
    now = clock.now()
    late = sa.or_(Letter.not_before < now - BULK_SOON, sa.and_(~Letter.bulk, Letter.not_before < now - SOON))
    refused = sa.and_(Letter.last_error.is_not(None), Letter.attempts > Letter.forgiven)
    queued = Letter.state == LetterState.QUEUED
    which = {
        "waiting": (Letter.not_before, sa.and_(queued, late)),
        "refused": (Letter.created_at, sa.and_(queued, refused, Letter.created_at < now - REFUSED_FOR)),
        "failed": (Letter.created_at, Letter.state == LetterState.FAILED),
        "held": (
            Letter.created_at,
            sa.and_(Letter.state == LetterState.HELD, Letter.created_at < now - HELD_FOR),
        ),
    }
    columns: list[sa.ColumnElement[Any]] = []
    for moment, fits in which.values():
        columns += [sa.func.count().filter(fits), sa.func.min(moment).filter(fits)]
    unfinished = (LetterState.QUEUED, LetterState.FAILED, LetterState.HELD)
    row = list(session.execute(sa.select(*columns).where(Letter.state.in_(unfinished))).one())
    counted = zip(which, row[::2], row[1::2], strict=True)
    return [_alarm(kind, number, since) for kind, number, since in counted if number]


def oldest_due(session: Session) -> datetime | None:
    """Return since when the longest-waiting letter could have been sent, ``None`` when none waits."""
    due = sa.select(sa.func.min(Letter.not_before)).where(
        Letter.state == LetterState.QUEUED, Letter.not_before <= clock.now()
    )
    found: datetime | None = session.scalar(due)
    return found


def _alarm(kind: str, number: int, since: datetime) -> Alarm:
    state, tell = WORDS[kind]
    letters = f"{number:,} letter" if number == 1 else f"{number:,} letters"
    return Alarm(kind, number, tell.format(letters=letters, since=uk_time(since)), state)
