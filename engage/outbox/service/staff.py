"""What people do with letters: release, cancel, retry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict, NotFound
from engage.kernel.states import check
from engage.outbox.enums import TRANSITIONS, WAITING, LetterState, SuppressionKind
from engage.outbox.models import Letter, LetterStep
from engage.outbox.service.posting import deliver_soon
from engage.outbox.service.suppressing import lift, live

_AGAIN = frozenset({LetterState.QUEUED})


def release(session: Session, *, actor: Actor, letter_id: int) -> Letter:
    """Let a held letter go, in the name of ``actor``. Raises ``NotFound``, or ``Conflict`` when it is not
    held.
    """
    letter = _locked(session, letter_id)
    check({LetterState.HELD: _AGAIN}, now=letter.state, to=LetterState.QUEUED, thing="letter")
    _release(session, letter, actor)
    return letter


class Chosen(TypedDict):
    """A batch as somebody saw it: one kind, about one challenge, up to the newest letter that was there."""

    template: str
    challenge_ref: str | None
    up_to: int


def release_batch(session: Session, *, actor: Actor, **chosen: Unpack[Chosen]) -> int:
    """Let go all held letters of one kind about one challenge, in the name of ``actor``; returns how many.

    ``up_to`` is the newest letter that ``actor`` has seen: what was written since stays held. Side effects: letters
    and their steps, one line in the audit trail for all of them, the delivery job.
    """
    now = clock.now()
    changes = {
        "state": LetterState.QUEUED,
        "released_by": actor.person_name,
        "not_before": sa.func.greatest(Letter.not_before, now),
    }
    note = f"Released by {actor.person_name}."
    number = _change_batch(session, actor, chosen, changes=changes, note=note, deed="released")
    if number:
        deliver_soon(session)
    return number


def cancel_batch(session: Session, *, actor: Actor, **chosen: Unpack[Chosen]) -> int:
    """Make sure that held letters of one kind about one challenge are never sent; returns how many."""
    changes = {"state": LetterState.CANCELLED}
    note = f"Cancelled by {actor.person_name}."
    return _change_batch(session, actor, chosen, changes=changes, note=note, deed="cancelled")


def _change_batch(
    session: Session, actor: Actor, chosen: Chosen, *, changes: Mapping[str, Any], note: str, deed: str
) -> int:
    """Change held letters together, however many: three statements."""
    change = (
        sa.update(Letter)
        .where(
            Letter.state == LetterState.HELD,
            Letter.template == chosen["template"],
            Letter.challenge_ref.is_not_distinct_from(chosen["challenge_ref"]),
            Letter.id <= chosen["up_to"],
        )
        .values(**changes)
    )
    ids = session.scalars(change.returning(Letter.id)).all()
    if ids:
        step = {"at": clock.now(), "state": changes["state"], "note": note}
        session.execute(sa.insert(LetterStep), [{"letter_id": letter_id, **step} for letter_id in ids])
        about = chosen["challenge_ref"]
        subject = f"challenge:{about}" if about else f"letters:{chosen['template']}"
        told = {"template": chosen["template"], "letters": len(ids), "first": min(ids), "last": max(ids)}
        audit.record(session, actor=actor, tag=f"outbox:batch:{deed}", subject=subject, **told)
    return len(ids)


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

    The tries it has had are forgiven, not forgotten: ``attempts`` never falls, because it is what tells a worker of
    today from one that was held up while it sent this letter before. Raises ``NotFound``, or ``Conflict`` when the
    letter has neither failed nor been suppressed, when the person called our mail spam, or when the words are gone.
    """
    letter = _locked(session, letter_id)
    retried = {LetterState.FAILED: _AGAIN, LetterState.SUPPRESSED: _AGAIN}
    check(retried, now=letter.state, to=LetterState.QUEUED, thing="letter")
    if letter.emptied_at is not None:
        raise Conflict(
            "The words of this letter were removed because their time is over, so it cannot be sent again."
        )
    held = session.scalar(live(letter.recipient))
    if held is not None and held.kind is SuppressionKind.COMPLAINT:
        raise Conflict("This person reported mail from engage as spam. Lift that first, if they ask for it.")
    if held is not None:
        lift(session, suppression_id=held.id, actor=actor)
    letter.forgiven, letter.paced, letter.outcome = letter.attempts, False, None
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
