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
from engage.outbox.enums import LetterState, Outcome
from engage.outbox.errors import DeadAddress, Later, Never, SendError
from engage.outbox.models import Letter, LetterStep
from engage.outbox.service.pacing import turn
from engage.outbox.service.posting import deliver_soon
from engage.outbox.service.returns import note_outcome
from engage.outbox.service.suppressing import holds_back, stopped_for

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
"""Longer than the slowest possible conversation with a mail server that answers at all."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
LAST_TRY = 75
"""1, 5, 15, 30 and then 60 minutes apart, 75 tries span three days."""
PASSED_OVER = 200
"""So many letters that cannot go now are marked in one transaction, so that other workers need not wait."""


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
    often; one whose domain has had its share of this minute is given its turn. A letter whose lease has run out is
    taken over. Two workers never take the same one: the row is locked while it is chosen.
    """
    for _ in range(PASSED_OVER):
        found = _next(session)
        if found is None:
            return None
        letter, stopped = found
        if stopped and holds_back(session, letter):
            note = "This address gets no mail. See why under suppressed addresses."
            _move(session, letter, LetterState.SUPPRESSED, note=note, last_error=note)
        elif letter.tries > LAST_TRY:
            note = f"Given up: the worker died {LAST_TRY} times while it sent this letter."
            _move(session, letter, LetterState.FAILED, note=note, last_error=note)
        elif (at := turn(session, letter)) is not None:
            letter.state, letter.lease_until, letter.not_before = LetterState.QUEUED, None, at
            letter.paced, letter.forgiven = True, letter.forgiven + 1
            session.flush()
        else:
            assert letter.lease_until is not None
            return Claim(letter, letter.attempts, letter.lease_until)
    deliver_soon(session)
    return None


def is_due(session: Session) -> bool:
    """Tell whether a letter could be claimed now."""
    return session.scalar(sa.select(_due(clock.now()).exists())) or False


def _due(now: datetime) -> sa.Select[int]:
    """Select the letters that may be claimed, the most urgent first."""
    due = sa.or_(
        sa.and_(Letter.state == LetterState.QUEUED, Letter.not_before <= now),
        sa.and_(Letter.state == LetterState.SENDING, Letter.lease_until <= now),
    )
    letters = sa.select(Letter.id).where(Letter.state.in_([LetterState.QUEUED, LetterState.SENDING]), due)
    return letters.order_by(Letter.bulk, Letter.not_before, Letter.id)


def _next(session: Session) -> tuple[Letter, bool] | None:
    """Take the next letter; tells, too, whether mail to its address has stopped. One statement.

    One that is taken over from a worker that died is in doubt from now on: the worker may have handed it over.
    """
    now = clock.now()
    chosen = _due(now).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    take = (
        sa.update(Letter)
        .where(Letter.id == chosen)
        .values(
            state=LetterState.SENDING,
            lease_until=now + LEASE,
            attempts=Letter.attempts + 1,
            in_doubt=sa.or_(Letter.in_doubt, Letter.state == LetterState.SENDING),
        )
        .returning(Letter, stopped_for(sa.func.lower(Letter.recipient)))
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    row = session.execute(take).one_or_none()
    return (row[0], row[1]) if row is not None else None


def settle(session: Session, claimed: Claim, result: str | SendError) -> bool:
    """Write down how sending went: ``sent`` with the receipt, or ``not_sent``."""
    if isinstance(result, SendError):
        return not_sent(session, claimed, result)
    return sent(session, claimed, receipt=result)


def sent(session: Session, claimed: Claim, *, receipt: str = "") -> bool:
    """Mark the letter as sent, unless another worker has taken it over; returns whether it was ours to mark.

    ``receipt`` is what the other side said when it took the letter. Side effects: the step, and the ledger line when
    the letter tells somebody outside the department something about a challenge: released when it was written or let
    go, delivered now.
    """
    letter = claimed.letter
    if not _mark(session, claimed, LetterState.SENT, sent_at=clock.now(), last_error=None, receipt=receipt):
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

    An address that does not exist is suppressed, and one of which too many letters in a row were refused. Returns
    whether the letter was still ours to mark.
    """
    words, tried = str(error), claimed.letter.tries
    in_doubt = sa.or_(Letter.in_doubt, sa.literal(error.in_doubt))
    noted: dict[str, Any] = {"note": words, "last_error": words, "in_doubt": in_doubt}
    if isinstance(error, Later) and tried < LAST_TRY:
        again = clock.now() + WAITS[min(tried, len(WAITS)) - 1]
        return _mark(session, claimed, LetterState.QUEUED, not_before=again, **noted)
    if not _mark(session, claimed, LetterState.FAILED, **noted):
        return False
    log.warning("letter failed", letter=claimed.letter.id, attempts=tried, kind=type(error).__name__)
    if isinstance(error, Never) and error.by_recipient:
        outcome = Outcome.NO_ADDRESS if isinstance(error, DeadAddress) else Outcome.UNDELIVERED
        letter = session.get_one(Letter, claimed.letter.id)
        note_outcome(session, letter, outcome, words=words)
    return True


def _mark(session: Session, claimed: Claim, state: LetterState, *, note: str = "", **values: Any) -> bool:
    """Change the letter if this claim is still the last one: a later claim raised ``attempts``."""
    ours = (
        sa.update(Letter)
        .where(
            Letter.id == claimed.letter.id,
            Letter.state == LetterState.SENDING,
            Letter.attempts == claimed.attempt,
        )
        .values(state=state, lease_until=None, **values)
        .returning(Letter.id)
        .cte("ours")
    )
    step = sa.select(
        ours.c.id, sa.literal(clock.now()), sa.literal(state, LetterStep.state.type), sa.literal(note)
    )
    columns = [LetterStep.letter_id, LetterStep.at, LetterStep.state, LetterStep.note]
    insert = sa.insert(LetterStep).from_select(columns, step).returning(LetterStep.id)
    if session.connection().execute(insert).scalar() is None:
        log.warning(
            "letter was taken over by another worker", letter=claimed.letter.id, attempt=claimed.attempt
        )
        return False
    if claimed.letter in session:
        session.refresh(claimed.letter)
    return True


def _move(session: Session, letter: Letter, state: LetterState, *, note: str = "", **values: Any) -> None:
    letter.state, letter.lease_until = state, None
    for name, value in values.items():
        setattr(letter, name, value)
    session.add(LetterStep(letter_id=letter.id, at=clock.now(), state=state, note=note))
    session.flush()
