"""What people do with letters: release, cancel, retry."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import NotFound
from engage.kernel.states import check
from engage.outbox.enums import TRANSITIONS, WAITING, LetterState
from engage.outbox.models import Letter, LetterStep, Suppression
from engage.outbox.service.posting import deliver_soon

_AGAIN = frozenset({LetterState.QUEUED})


def release(session: Session, *, actor: Actor, letter_id: int) -> Letter:
    """Let a held letter go, in the name of ``actor``. Raises ``NotFound``, or ``Conflict`` when it is not
    held.
    """
    letter = _locked(session, letter_id)
    check({LetterState.HELD: _AGAIN}, now=letter.state, to=LetterState.QUEUED, thing="letter")
    _release(session, letter, actor)
    return letter


def release_batch(
    session: Session, *, actor: Actor, template: str, challenge_ref: str | None, up_to: int
) -> int:
    """Let go all held letters of one kind about one challenge; returns how many.

    ``up_to`` is the newest letter that ``actor`` has seen: what was written since stays held.
    """
    batch = sa.select(Letter).where(
        Letter.state == LetterState.HELD,
        Letter.template == template,
        Letter.challenge_ref.is_not_distinct_from(challenge_ref),
        Letter.id <= up_to,
    )
    letters = session.scalars(batch.order_by(Letter.id).with_for_update()).all()
    for letter in letters:
        _release(session, letter, actor)
    return len(letters)


def cancel(session: Session, *, actor: Anyone, letter_id: int, reason: str) -> Letter:
    """Make sure a letter is never sent. Raises ``NotFound``, or ``Conflict`` when it is on its way."""
    letter = _locked(session, letter_id)
    check(TRANSITIONS, now=letter.state, to=LetterState.CANCELLED, thing="letter")
    _cancel(session, letter, actor, reason)
    return letter


def cancel_waiting(session: Session, *, actor: Anyone, letter_ids: Iterable[int], reason: str) -> int:
    """Cancel those of the letters that still wait; returns how many. For rooms whose reason to write has
    gone.
    """
    waiting = sa.select(Letter).where(Letter.id.in_(list(letter_ids)), Letter.state.in_(WAITING))
    letters = session.scalars(waiting.order_by(Letter.id).with_for_update()).all()
    for letter in letters:
        _cancel(session, letter, actor, reason)
    return len(letters)


def retry(session: Session, *, actor: Actor, letter_id: int) -> Letter:
    """Queue a failed or suppressed letter again, with all its tries; its address is no longer suppressed.

    Raises ``NotFound``, or ``Conflict`` when the letter has neither failed nor been suppressed.
    """
    letter = _locked(session, letter_id)
    retried = {LetterState.FAILED: _AGAIN, LetterState.SUPPRESSED: _AGAIN}
    check(retried, now=letter.state, to=LetterState.QUEUED, thing="letter")
    session.execute(sa.delete(Suppression).where(Suppression.email == letter.recipient.lower()))
    letter.attempts = 0
    _queue(session, letter, f"{actor.person_name} asked for another try.")
    audit.record(session, actor=actor, tag="outbox:letter:retried", subject=f"letter:{letter.id}")
    return letter


def _locked(session: Session, letter_id: int) -> Letter:
    letter = session.get(Letter, letter_id, with_for_update=True, populate_existing=True)
    if letter is None:
        raise NotFound
    return letter


def _release(session: Session, letter: Letter, actor: Actor) -> None:
    letter.released_by = actor.person_name
    _queue(session, letter, f"Released by {actor.person_name}.")
    audit.record(session, actor=actor, tag="outbox:letter:released", subject=f"letter:{letter.id}")


def _queue(session: Session, letter: Letter, note: str) -> None:
    letter.state = LetterState.QUEUED
    letter.not_before = max(letter.not_before, clock.now())
    _step(session, letter, note)
    if not letter.bulk:
        deliver_soon(session)


def _cancel(session: Session, letter: Letter, actor: Anyone, reason: str) -> None:
    letter.state = LetterState.CANCELLED
    _step(session, letter, reason)
    audit.record(session, actor=actor, tag="outbox:letter:cancelled", subject=f"letter:{letter.id}")


def _step(session: Session, letter: Letter, note: str) -> None:
    session.add(LetterStep(letter_id=letter.id, at=clock.now(), state=letter.state, note=note))
    session.flush()
