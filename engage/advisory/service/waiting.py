"""The waiting list of a session: who comes next when a place becomes free.

A place that becomes free is offered, in the same transaction, to who has waited longest of those who can have it, and
counts as taken while it is kept for them. So nobody overtakes the list, and each place that becomes free promotes
exactly one supplier. Two things can let somebody behind go first: a place that is kept for volunteers, and a corporate
group that has as many places as the session takes; who is passed by keeps their number. Everything here happens under
the lock of the session's row; who waits, or holds an offered place, is locked out by ``seats.lock_of`` before they
move elsewhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.advisory.enums import WAITING_TRANSITIONS, SeatState, SessionState, WaitingState
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.advisory.service import letters, seats
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone, System
from engage.kernel.errors import Conflict
from engage.kernel.states import check
from engage.kernel.uktime import uk_time
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.suppliers.models import Supplier

HOLD = timedelta(days=2)
"""How long an offered place is kept; half the time that is left when places can be taken for less than four days."""


def join(
    session: Session, *, actor: Actor, meeting: AdvisorySession, invitation: Invitation, person_id: int
) -> WaitingPlace:
    """Wait for a place in ``meeting``, whose row the caller has locked, as well as the invitation's.

    Waiting twice changes nothing. Side effects: the turn, an audit line. Raises ``Conflict`` when the
    session was cancelled or the time to take places is over, and when the invitation waits for another one. The
    caller has seen that no place is free for it.
    """
    if not meeting.takes_places:
        if meeting.state is SessionState.SCHEDULED and meeting.starts_at > clock.now():
            raise Conflict(f"Places in “{meeting.title}” could be taken until {uk_time(meeting.open_until)}.")
        raise Conflict(f"“{meeting.title}” was cancelled or has begun, so no place in it can be taken.")
    for turn in _turns_of(session, invitation):
        if turn.session_id == meeting.id:
            return turn
        raise Conflict(
            f"You wait for a place in “{turn.session.title}”. Leave its waiting list first to wait for another."
        )
    turn = WaitingPlace(
        session=meeting,
        supplier_id=invitation.supplier_id,
        invitation_id=invitation.id,
        person_id=person_id,
        state=WaitingState.WAITING,
        joined_at=clock.now(),
    )
    session.add(turn)
    session.flush()
    _record(session, actor, turn, "joined")
    return turn


def leave(session: Session, *, actor: Anyone, invitation: Invitation) -> None:
    """Leave every waiting list on which ``invitation`` stands; the caller holds ``seats.lock_of``.

    Side effects, for each list: the turn ends, an audit line.
    """
    for turn in _turns_of(session, invitation):
        _end(turn, WaitingState.LEFT)
        session.flush()
        _record(session, actor, turn, "left")


def promote(session: Session, *, meeting: AdvisorySession) -> list[Seat]:
    """Offer every free place of ``meeting``, whose row the caller has locked, to who has waited longest.

    Who may no longer take part (the invitation ended, the supplier is suspended) is passed over and leaves
    the list. Who cannot have the places that are free (see ``seats.has_room``) goes on waiting, and so does everybody
    while the challenge is not open (see ``resuming``).
    Side effects, for each place: a seat ``offered`` with ``held_until``, ``taken`` goes up, the turn ends, an audit
    line, a letter. Returns the seats offered.
    """
    session.flush()
    session.refresh(meeting)
    session.refresh(meeting.challenge, ["state"])
    if not meeting.challenge.is_open or not meeting.takes_places or meeting.free < 1:
        return []
    offered = []
    for turn in _line(session, meeting):
        if meeting.free < 1:
            break
        if not _may_take_part(session, turn):
            _end(turn, WaitingState.LEFT)
            session.flush()
            _record(session, System(), turn, "passed_over")
            continue
        if not seats.has_room(session, meeting=meeting, invitation=turn.invitation):
            continue
        _end(turn, WaitingState.PROMOTED)
        seat = seats.keep(session, meeting=meeting, turn=turn, until=kept_until(meeting))
        _record(session, System(), turn, "promoted", held_until=kept_until(meeting).isoformat())
        letters.offered(session, meeting=meeting, seat=seat)
        offered.append(seat)
    session.flush()
    return offered


def kept_until(meeting: AdvisorySession) -> datetime:
    """Return until when a place offered now is kept: two days, or half the time until places can no longer be taken."""
    now = clock.now()
    return now + min(HOLD, (meeting.open_until - now) / 2)


def open_reserved(session: Session, *, meeting_id: int) -> list[Seat]:
    """Give the places that were kept for volunteers until now to everybody, and return the seats offered by that.

    Side effects, in order: the session's row locked, ``held_back`` is 0, an audit line, those of ``promote``. Before
    the time, or a second time, nothing happens.
    """
    meeting = seats.lock(session, meeting_id)
    if not meeting.held_back or meeting.reserved_until is None or meeting.reserved_until > clock.now():
        return []
    kept, meeting.held_back = meeting.held_back, 0
    session.flush()
    audit.record(
        session,
        actor=System(),
        tag="advisory:session:reserved_opened",
        subject=f"session:{meeting.ref}",
        challenge=meeting.challenge.ref,
        places=kept,
    )
    return promote(session, meeting=meeting)


def serve(session: Session, *, meeting_id: int) -> list[Seat]:
    """Offer what is free in a session to who waits, and return the seats offered.

    Every change that frees a place does so itself; this is for what no change says, such as an engagement that is open
    again because its department is. Side effects, in order: the session's row locked, those of ``promote``.
    """
    return promote(session, meeting=seats.lock(session, meeting_id))


def keep_shorter(session: Session, *, meeting: AdvisorySession, told: bool) -> None:
    """Keep the offered places of ``meeting``, whose row the caller has locked, no longer than its times allow now.

    Side effects, for each: ``held_until``, when that is later than ``kept_until``; a letter with the times as they are
    now, then, or when everybody who comes is ``told``.
    """
    for seat in kept(session, meeting=meeting):
        assert seat.held_until is not None
        until = min(seat.held_until, kept_until(meeting))
        if until == seat.held_until and not told:
            continue
        seat.held_until = until
        session.flush()
        letters.offered_anew(session, meeting=meeting, seat=seat)


def kept(session: Session, *, meeting: AdvisorySession) -> list[Seat]:
    """Return the places of ``meeting`` that are kept for who waited, people and suppliers loaded."""
    query = (
        sa.select(Seat)
        .where(Seat.session_id == meeting.id, Seat.state == SeatState.OFFERED)
        .options(joinedload(Seat.person), joinedload(Seat.supplier), joinedload(Seat.invitation))
        .order_by(Seat.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def end_late(session: Session, *, meeting_id: int) -> None:
    """End the waiting list of a session in which no place can be taken any more; before that time nothing happens.

    Side effects, in order: the session's row locked, those of ``close``.
    """
    meeting = seats.lock(session, meeting_id)
    if meeting.state is not SessionState.CANCELLED and meeting.open_until <= clock.now():
        close_late(session, meeting=meeting)


def close_late(session: Session, *, meeting: AdvisorySession) -> None:
    """End the waiting list of ``meeting``, whose row the caller has locked, because it is too late for a place."""
    until = uk_time(meeting.open_until)
    close(session, meeting=meeting, reason=f"Places could be taken until {until}, and none became free.")


def close(session: Session, *, meeting: AdvisorySession, reason: str) -> None:
    """End the waiting list of a session that is off; ``reason`` is a sentence for those who waited.

    The caller has locked the session's row. Side effects: the turns end, a letter to each.
    """
    for turn in _line(session, meeting):
        _end(turn, WaitingState.LEFT)
        session.flush()
        letters.waiting_ended(session, meeting=meeting, turn=turn, reason=reason)


def _end(turn: WaitingPlace, state: WaitingState) -> None:
    check(WAITING_TRANSITIONS, now=turn.state, to=state, thing="turn on the waiting list")
    turn.state = state
    turn.ended_at = clock.now()


def _turns_of(session: Session, invitation: Invitation) -> list[WaitingPlace]:
    """Return the turns of one invitation: mostly none, so nothing is loaded with them."""
    query = sa.select(WaitingPlace).where(
        WaitingPlace.state == WaitingState.WAITING, WaitingPlace.invitation_id == invitation.id
    )
    return list(session.scalars(query.order_by(WaitingPlace.id).execution_options(populate_existing=True)))


def _line(session: Session, meeting: AdvisorySession) -> list[WaitingPlace]:
    """Return who waits for ``meeting``, in order, with all that a promotion needs."""
    query = sa.select(WaitingPlace).where(
        WaitingPlace.state == WaitingState.WAITING, WaitingPlace.session_id == meeting.id
    )
    loaded = query.options(
        joinedload(WaitingPlace.session).joinedload(AdvisorySession.challenge),
        joinedload(WaitingPlace.person),
        joinedload(WaitingPlace.supplier),
        joinedload(WaitingPlace.invitation).joinedload(Invitation.supplier),
    )
    return list(
        session.scalars(loaded.order_by(WaitingPlace.id).execution_options(populate_existing=True)).unique()
    )


def _may_take_part(session: Session, turn: WaitingPlace) -> bool:
    """Tell whether the invitation stands; who ends it meanwhile waits for the session's row, then finds the seat."""
    query = (
        sa.select(Invitation.id)
        .join(Supplier, Invitation.supplier_id == Supplier.id)
        .join(Organisation, Supplier.organisation_id == Organisation.id)
        .where(
            Invitation.id == turn.invitation_id,
            Invitation.state == InvitationState.ACCEPTED,
            Organisation.state == OrganisationState.VERIFIED,
        )
    )
    return session.scalar(query) is not None


def _record(session: Session, actor: Anyone, turn: WaitingPlace, deed: str, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:waiting:{deed}",
        subject=f"session:{turn.session.ref}",
        challenge=turn.session.challenge.ref,
        supplier=turn.supplier.ref,
        invitation=turn.invitation.ref,
        **details,
    )
