"""Confirming on entry: with the place by who accepts, and by whoever attends before they read how to join."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from engage.advisory.enums import TO_COME, SeatState, SessionState
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import admission, letters, seats
from engage.interests import service as interests
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, NotAllowed

NOT_YOURS = "Only who attends can confirm this."


def confirm(session: Session, *, actor: Actor, meeting: AdvisorySession, supplier_id: int) -> None:
    """Keep that ``actor``, acting for a supplier, confirmed for ``meeting`` what everybody confirms who takes part.

    Side effects: those of ``interests.service.attest``.
    """
    entry = admission.entry_of(meeting, person_id=actor.person_id, supplier_id=supplier_id)
    interests.attest(session, actor=actor, challenge=meeting.challenge, entry=entry)


def confirm_entry(session: Session, *, actor: Actor, seat: Seat) -> None:
    """Confirm as who attends, before or again; confirming what still holds changes nothing.

    Side effects, in order: the session's row is locked, the confirmation, an audit line, and a letter with how to
    join and the calendar entry when nothing else stands in the way. Raises ``NotAllowed`` for anybody but who
    attends, ``Conflict`` when the place is not theirs any more or the session is over.
    """
    meeting = seats.lock(session, seat.session_id)
    session.refresh(seat)
    if seat.person_id != actor.person_id:
        raise NotAllowed(NOT_YOURS)
    if seat.state not in TO_COME:
        raise Conflict(f"You have no place in “{meeting.title}” any more.")
    if meeting.state is not SessionState.SCHEDULED or meeting.ends_at <= clock.now():
        raise Conflict(f"“{meeting.title}” is over or was cancelled, so there is nothing to confirm.")
    entry = admission.entry_of(meeting, person_id=actor.person_id, supplier_id=seat.supplier_id)
    made = interests.attest(session, actor=actor, challenge=meeting.challenge, entry=entry)
    if made and seat.state is SeatState.CONFIRMED:
        letters.let_in(session, sender=actor, meeting=meeting, seat=seat)


def ask_again(session: Session, *, held: Iterable[Seat], declaration_id: int) -> None:
    """Ask who attends on these seats to confirm again. Side effects: a letter each, once a day for a declaration."""
    for seat in held:
        letters.confirm_again(session, meeting=seat.session, seat=seat, declaration_id=declaration_id)
