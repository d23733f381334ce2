"""What suppliers do with an invitation: accept, which takes a place, decline, and give a place up again."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory.enums import RECORDED, TO_COME, Admission, SeatState, SessionFormat
from engage.advisory.errors import NoPlaces
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.advisory.service import admission, attendees, entry, letters, one_to_one, seats, waiting
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone, System
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.uktime import uk_time
from engage.matchmaking import service as matchmaking
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.suppliers.models import Supplier

SUSPENDED = "The organisation invited is suspended."


def accept(
    session: Session,
    *,
    actor: Actor,
    invitation: Invitation,
    meeting: AdvisorySession,
    attendee_id: int | None = None,
) -> Seat:
    """Accept ``invitation`` with a place in ``meeting``; accepting again gives the same seat.

    ``attendee_id`` is the person of the supplier who attends, the actor when not given. Who accepts confirms
    ``interests.service.ATTESTED`` by that; another one who attends does so later (``entry``). Side effects, in
    order: the challenge is held, the invitation locked and accepted, places kept for volunteers until now are offered
    to who waits (``waiting.open_reserved``), ``taken`` goes up, the seat, the confirmation, an audit line, a letter
    with a calendar entry to who attends. Raises ``Conflict`` when the invitation cannot be accepted any more, a
    conflict of interest stands in the way on the day of the session, or it holds another place; ``NoPlaces`` when the
    session is full, ``Invalid`` when the attendee is not of the supplier.
    """
    challenges.lock(session, invitation.challenge)
    invitation = matchmaking.mark_accepted(session, actor=actor, invitation=invitation)
    seats.lock_of(session, invitation_ids=[invitation.id], meeting_ids=[meeting.id])
    if meeting.held_back:
        waiting.open_reserved(session, meeting_id=meeting.id)
    held = _place_to_come(session, invitation)
    if held is not None and held.session_id != meeting.id and held.session.ends_at <= clock.now():
        held.over = True  # who came has not been recorded: that is nothing to wait for
        session.flush()
        held = None
    if held is not None:
        if held.session_id == meeting.id:
            return _confirm(session, actor, held)
        raise Conflict(
            f"You already have a place in “{held.session.title}”. Give it up first to choose another."
        )
    if meeting.challenge_id != invitation.challenge_id:
        raise Invalid({"meeting": "Choose one of the sessions of this challenge"})
    if not invitation.challenge.is_open:
        raise Conflict("This challenge is no longer open, so no place can be taken.")
    one_to_one.check_offered(session, meeting=meeting, invitation=invitation)
    person_id = attendees.chosen(session, actor=actor, invitation=invitation, person_id=attendee_id)
    admission.check_admitted(
        session, challenge=invitation.challenge, supplier_id=invitation.supplier_id, meeting=meeting
    )
    seat = seats.take(session, meeting=meeting, invitation=invitation, person_id=person_id)
    entry.confirm(session, actor=actor, meeting=meeting, supplier_id=invitation.supplier_id)
    waiting.leave(session, actor=actor, invitation=invitation)
    _record(session, actor, seat, meeting, "confirmed")
    # Both was looked at just now; of somebody else who attends the letter asks whether they have confirmed.
    known = Admission.LET_IN if person_id == actor.person_id else None
    letters.confirmed(session, sender=actor, meeting=meeting, seat=seat, standing=known)
    return seat


def accept_or_wait(
    session: Session,
    *,
    actor: Actor,
    invitation: Invitation,
    meeting: AdvisorySession,
    attendee_id: int | None = None,
) -> Seat | WaitingPlace:
    """Accept ``invitation`` as ``accept`` does or, when ``meeting`` is full, wait in line for a place in it.

    Who waits has accepted. Raises what ``accept`` does except ``NoPlaces``, and ``Conflict`` when the
    invitation waits for another session or this one was cancelled or has begun.
    """
    try:
        return accept(session, actor=actor, invitation=invitation, meeting=meeting, attendee_id=attendee_id)
    except NoPlaces:
        if meeting.format is SessionFormat.ONE_TO_ONE:
            raise  # there is a talk for everybody who was offered one: nobody waits
        person_id = attendees.chosen(session, actor=actor, invitation=invitation, person_id=attendee_id)
        # ``accept`` has locked the session's row and read it: outside the savepoint that the lack of places undid.
        entry.confirm(session, actor=actor, meeting=meeting, supplier_id=invitation.supplier_id)
        return waiting.join(session, actor=actor, meeting=meeting, invitation=invitation, person_id=person_id)


def leave_waiting_list(session: Session, *, actor: Actor, invitation: Invitation) -> None:
    """Stop waiting for a place; leaving again changes nothing. The invitation stays accepted.

    Side effects, in order: the invitation and the session are locked, what ``waiting.leave`` does.
    """
    _lock(session, invitation.id)
    waiting.leave(session, actor=actor, invitation=invitation)


def take_kept_place(session: Session, *, actor: Actor, seat: Seat) -> Seat:
    """Take the place that is kept for one from the waiting list; taking it again gives the same seat.

    Side effects, in order: the invitation and the session are locked, the seat is confirmed, an audit line,
    a letter with a calendar entry. Raises ``Conflict`` when it is not kept any more.
    """
    _lock(session, seat.invitation_id)
    session.refresh(seat)
    return _confirm(session, actor, seat)


def end_kept_place(session: Session, *, seat_id: int) -> None:
    """Give up a place that was kept until now and not taken: the next in line gets the offer.

    A place that was taken, or is still kept, stays, and so does every kept place while the challenge is not open. Once
    places can no longer be taken it ends all the same, and nobody is next. Side effects, in order: the invitation and
    the session are locked, the seat is released, an audit line, a letter to who had waited, the next promotion.
    """
    seat = session.get_one(Seat, seat_id)
    _lock(session, seat.invitation_id)
    session.refresh(seat)
    meeting = seats.lock(session, seat.session_id)
    runs_out = seat.lapsed and meeting.challenge.is_open
    if seat.state is not SeatState.OFFERED or (meeting.takes_places and not runs_out):
        return
    seats.give_back(session, seat=seat)
    _record(session, System(), seat, meeting, "lapsed")
    letters.kept_place_ended(session, meeting=meeting, seat=seat)
    waiting.promote(session, meeting=meeting)


def decline(session: Session, *, actor: Actor, invitation: Invitation, reason: str = "") -> None:
    """Decline ``invitation``, also one that was accepted: a place it holds is given up.

    Side effects, in order: the invitation is locked and declined, its turn on a waiting list ends, then what
    ``release_seat`` does. Raises ``Conflict`` when there is nothing to decline, or the session it was
    accepted for has begun.
    """
    invitation = matchmaking.mark_declined(session, actor=actor, invitation=invitation, reason=reason)
    seats.lock_of(session, invitation_ids=[invitation.id])
    if _took_part(session, invitation):
        raise Conflict("The session has taken place, so the invitation cannot be declined any more.")
    waiting.leave(session, actor=actor, invitation=invitation)
    held = _place_to_come(session, invitation)
    if held is not None:
        _release(session, actor, held)


def release_seat(session: Session, *, actor: Actor, seat: Seat) -> None:
    """Give up a place; giving it up again changes nothing.

    The invitation stays accepted, so that another session can be chosen. Side effects, in order: the
    invitation and the session are locked, the seat released, ``taken`` goes down, an audit line, a letter
    that takes the entry out of the calendar, and the place is offered to the next in line. Raises
    ``Conflict`` when the session has begun.
    """
    _lock(session, seat.invitation_id)
    session.refresh(seat)  # merged meanwhile, it is another supplier's
    _release(session, actor, seat)


def release_withdrawn(session: Session, *, invitation_id: int) -> None:
    """Give up the place to come of an invitation that was withdrawn; its row is locked by who withdrew it.

    Side effects as in ``release_seat``, by engage itself. A session that has begun is left as it is.
    """
    invitation = session.get_one(Invitation, invitation_id)
    seats.lock_of(session, invitation_ids=[invitation_id])
    waiting.leave(session, actor=System(), invitation=invitation)
    held = _place_to_come(session, invitation)
    if held is not None and held.session.starts_at > clock.now():
        _release(session, System(), held)


def withdraw_all(session: Session, *, actor: Anyone, organisation_id: int) -> None:
    """Take back the invitations of a suspended supplier that it could still use.

    Those sent or accepted; one whose session has taken place stays as it is. All of them are locked first, by
    id, then the sessions in which they hold a place or wait for one, by id; then each is withdrawn, which gives
    the place up (``matchmaking.service.withdraw``).
    """
    took_part = sa.exists().where(Seat.invitation_id == Invitation.id, Seat.state.in_(RECORDED))
    standing = (
        sa.select(Invitation)
        .join(Supplier, Invitation.supplier_id == Supplier.id)
        .where(
            Supplier.organisation_id == organisation_id,
            Invitation.state.in_((InvitationState.SENT, InvitationState.ACCEPTED)),
            ~took_part,
        )
        .order_by(Invitation.id)
        .with_for_update(of=Invitation, key_share=True)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(standing).all()
    seats.lock_of(session, invitation_ids=[invitation.id for invitation in found])
    for invitation in found:
        matchmaking.withdraw(session, actor=actor, invitation=invitation, reason=SUSPENDED)


def _confirm(session: Session, actor: Actor, seat: Seat) -> Seat:
    """Turn a kept place into a confirmed one; the invitation's and the session's rows are locked."""
    if seat.state is SeatState.CONFIRMED:
        return seat
    if seat.state is not SeatState.OFFERED or seat.lapsed:
        raise Conflict(f"The place in “{seat.session.title}” is not kept for you any more.")
    meeting = seats.lock(session, seat.session_id)
    if not meeting.takes_places:
        until = uk_time(meeting.open_until)
        raise Conflict(f"Places in “{meeting.title}” could be taken until {until}.")
    if not meeting.challenge.is_open:
        raise Conflict("This challenge is not open at the moment, so the place cannot be taken.")
    admission.check_admitted(
        session, challenge=meeting.challenge, supplier_id=seat.supplier_id, meeting=meeting
    )
    seat.state = SeatState.CONFIRMED
    seat.updated_at = clock.now()
    session.flush()
    _record(session, actor, seat, meeting, "confirmed")
    letters.confirmed(session, sender=actor, meeting=meeting, seat=seat)
    return seat


def _release(session: Session, actor: Anyone, seat: Seat) -> None:
    if seat.session.starts_at <= clock.now():
        raise Conflict(f"“{seat.session.title}” has begun, so the place cannot be given up any more.")
    former = seats.give_back(session, seat=seat)
    if former is None:
        return
    _record(session, actor, seat, seat.session, "released")
    if former is SeatState.CONFIRMED:  # who was only offered a place has no entry in a calendar
        letters.released(session, sender=actor, meeting=seat.session, seat=seat)
    waiting.promote(session, meeting=seat.session)


def _lock(session: Session, invitation_id: int) -> None:
    row = sa.select(Invitation.id).where(Invitation.id == invitation_id)
    session.execute(row.with_for_update(key_share=True))
    seats.lock_of(session, invitation_ids=[invitation_id])


def _place_to_come(session: Session, invitation: Invitation) -> Seat | None:
    query = (
        sa.select(Seat)
        .where(Seat.invitation_id == invitation.id, Seat.state.in_(TO_COME), ~Seat.over)
        .execution_options(populate_existing=True)
    )
    return session.scalar(query)


def _took_part(session: Session, invitation: Invitation) -> bool:
    held = sa.or_(Seat.state.in_(RECORDED), sa.and_(Seat.over, Seat.state.in_(TO_COME)))
    query = sa.select(Seat.id).where(Seat.invitation_id == invitation.id, held).limit(1)
    return session.scalar(query) is not None


def _record(session: Session, actor: Anyone, seat: Seat, meeting: AdvisorySession, deed: str) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:seat:{deed}",
        subject=f"session:{meeting.ref}",
        challenge=meeting.challenge.ref,
        supplier=seat.supplier.ref,
        invitation=seat.invitation.ref,
        taken=meeting.taken,
    )
