"""Sending letters: claim one, hand it over, mark it; each a transaction of its own.

Delivery is at least once. A letter is claimed with a lease; a worker that dies leaves the lease to run out
and another takes over. A second copy can arise in one gap only: the mail server took the letter and the
worker died, or lost the connection, before the letter was marked. Copies carry the same Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.ledger.enums import Channel
from engage.ledger.service import disclose
from engage.outbox.enums import LetterState
from engage.outbox.errors import DeadAddress, Later, SendError
from engage.outbox.models import Letter, LetterStep, Suppression

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
"""Longer than the slowest possible conversation with a mail server that answers at all."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
LAST_TRY = 75
"""1, 5, 15, 30 and then 60 minutes apart, 75 tries span three days."""


@dataclass(frozen=True)
class Claim:
    """A letter that this worker may send until ``lease_until``. ``attempt`` is its fence: the next claim has
    another.
    """

    letter: Letter
    attempt: int
    lease_until: datetime

    @property
    def holds(self) -> bool:
        """Tell whether the lease still runs: a worker that slept past it must not send."""
        return clock.now() < self.lease_until


def claim(session: Session) -> Claim | None:
    """Take the next letter that is due, what somebody waits for before bulk mail; ``None`` when nothing is
    due.

    Letters to suppressed addresses met on the way are marked and passed over, and so are those tried too
    often. A letter whose lease has run out is taken over. Two workers never take the same one: the row is
    locked while it is chosen.
    """
    while (letter := _next(session)) is not None:
        if is_suppressed(session, letter.recipient):
            note = "This address does not exist or refuses mail."
            _move(session, letter, LetterState.SUPPRESSED, note=note, last_error=note)
        elif letter.attempts > LAST_TRY:
            note = f"Given up: the worker died {LAST_TRY} times while it sent this letter."
            _move(session, letter, LetterState.FAILED, note=note, last_error=note)
        else:
            assert letter.lease_until is not None
            return Claim(letter, letter.attempts, letter.lease_until)
    return None


def _next(session: Session) -> Letter | None:
    now = clock.now()
    due = sa.or_(
        sa.and_(Letter.state == LetterState.QUEUED, Letter.not_before <= now),
        sa.and_(Letter.state == LetterState.SENDING, Letter.lease_until <= now),
    )
    chosen = (
        sa.select(Letter.id)
        .where(Letter.state.in_([LetterState.QUEUED, LetterState.SENDING]), due)
        .order_by(Letter.bulk, Letter.not_before, Letter.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    take = (
        sa.update(Letter)
        .where(Letter.id == chosen)
        .values(state=LetterState.SENDING, lease_until=now + LEASE, attempts=Letter.attempts + 1)
        .returning(Letter)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    found: Letter | None = session.scalar(take)
    return found


def settle(session: Session, claimed: Claim, error: SendError | None) -> bool:
    """Write down how sending went: ``sent`` without an error, else ``not_sent``."""
    return sent(session, claimed) if error is None else not_sent(session, claimed, error)


def sent(session: Session, claimed: Claim) -> bool:
    """Mark the letter as sent, unless another worker has taken it over; returns whether it was ours to mark.

    Side effects: the step, and the ledger line when the letter tells somebody outside the department something
    about a challenge: released when it was written or let go, delivered now.
    """
    letter = claimed.letter
    if not _mark(session, claimed, LetterState.SENT, sent_at=clock.now(), last_error=None):
        return False
    if letter.challenge_ref is not None and letter.audience is not None:
        disclose(
            session,
            challenge_ref=letter.challenge_ref,
            fact=letter.fact
            or f"letter:{letter.id}",  # a letter that waited while engage was brought up to date
            summary=letter.subject,
            channel=Channel.MAIL,
            audience=letter.audience,
            body=letter.text,
            released_at=_let_go(session, letter),
        )
    return True


def _let_go(session: Session, letter: Letter) -> datetime | None:
    queued = sa.select(sa.func.min(LetterStep.at)).where(
        LetterStep.letter_id == letter.id, LetterStep.state == LetterState.QUEUED
    )
    return session.scalar(queued)


def not_sent(session: Session, claimed: Claim, error: SendError) -> bool:
    """Write down why the letter was not sent: it waits for its next try, or has failed for good.

    An address that does not exist is suppressed. Returns whether the letter was still ours to mark.
    """
    if isinstance(error, Later) and claimed.attempt < LAST_TRY:
        wait = WAITS[min(claimed.attempt, len(WAITS)) - 1]
        again = clock.now() + wait
        return _mark(
            session, claimed, LetterState.QUEUED, note=str(error), not_before=again, last_error=str(error)
        )
    if not _mark(session, claimed, LetterState.FAILED, note=str(error), last_error=str(error)):
        return False
    log.warning("letter failed", letter=claimed.letter.id, attempts=claimed.attempt, error=str(error))
    if isinstance(error, DeadAddress):
        suppress(session, email=claimed.letter.recipient, reason=str(error))
    return True


def suppress(session: Session, *, email: str, reason: str) -> None:
    """Never mail ``email`` again until an administrator says otherwise."""
    known = session.get(Suppression, email.lower())
    if known is None:
        session.add(Suppression(email=email.lower(), reason=reason, at=clock.now()))
        session.flush()


def is_suppressed(session: Session, email: str) -> bool:
    """Tell whether ``email`` must not be mailed."""
    return session.get(Suppression, email.lower()) is not None


def _mark(session: Session, claimed: Claim, state: LetterState, *, note: str = "", **values: Any) -> bool:
    """Change the letter if this claim is still the last one: a later claim raised ``attempts``."""
    ours = sa.select(Letter).where(
        Letter.id == claimed.letter.id,
        Letter.state == LetterState.SENDING,
        Letter.attempts == claimed.attempt,
    )
    letter = session.scalar(ours.with_for_update().execution_options(populate_existing=True))
    if letter is None:
        log.warning(
            "letter was taken over by another worker", letter=claimed.letter.id, attempt=claimed.attempt
        )
        return False
    _move(session, letter, state, note=note, **values)
    return True


def _move(session: Session, letter: Letter, state: LetterState, *, note: str = "", **values: Any) -> None:
    letter.state, letter.lease_until = state, None
    for name, value in values.items():
        setattr(letter, name, value)
    session.add(LetterStep(letter_id=letter.id, at=clock.now(), state=state, note=note))
    session.flush()
