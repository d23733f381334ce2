"""What suppliers do with an invitation: accept, which takes a place, decline, and give a place up again."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts import queries as accounts
from engage.advisory.enums import SeatState
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import letters, seats
from engage.audit import service as audit
from engage.challenges.enums import OPEN_STATES
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone, Role, System
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking import service as matchmaking
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.suppliers.models import Supplier

OVER = (SeatState.ATTENDED, SeatState.NO_SHOW)
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

    ``attendee_id`` is the person of the supplier who attends, the actor when not given. Side effects, in
    order: the invitation is locked and accepted, ``taken`` goes up, the seat, an audit line, a letter with a
    calendar entry to who attends. Raises ``Conflict`` when the invitation cannot be accepted any more or
    holds another place, ``NoPlaces`` when the session is full, ``Invalid`` when the attendee is not of the
    supplier.
    """
    invitation = matchmaking.mark_accepted(session, actor=actor, invitation=invitation)
    held = _place_to_come(session, invitation)
    if held is not None:
        if held.session_id == meeting.id:
            return held
        raise Conflict(
            f"You already have a place in “{held.session.title}”. Give it up first to choose another."
        )
    if meeting.challenge_id != invitation.challenge_id:
        raise Invalid({"meeting": "Choose one of the sessions of this challenge"})
    if invitation.challenge.state not in OPEN_STATES:
        raise Conflict("This challenge is no longer open, so no place can be taken.")
    person_id = _attendee(session, actor, invitation, attendee_id)
    seat = seats.take(session, meeting=meeting, invitation=invitation, person_id=person_id)
    _record(session, actor, seat, meeting, "confirmed")
    letters.confirmed(session, sender=actor, meeting=meeting, seat=seat)
    return seat


def decline(session: Session, *, actor: Actor, invitation: Invitation, reason: str = "") -> None:
    """Decline ``invitation``, also one that was accepted: a place it holds is given up.

    Side effects, in order: the invitation is locked and declined, then what ``release_seat`` does. Raises
    ``Conflict`` when there is nothing to decline, or the session it was accepted for has begun.
    """
    invitation = matchmaking.mark_declined(session, actor=actor, invitation=invitation, reason=reason)
    if _took_part(session, invitation):
        raise Conflict("The session has taken place, so the invitation cannot be declined any more.")
    held = _place_to_come(session, invitation)
    if held is not None:
        _release(session, actor, held)


def release_seat(session: Session, *, actor: Actor, seat: Seat) -> None:
    """Give up a place; giving it up again changes nothing.

    The invitation stays accepted, so that another session can be chosen. Side effects, in order: the
    invitation is locked, the seat released, ``taken`` goes down, an audit line, a letter that takes the
    entry out of the calendar. Raises ``Conflict`` when the session has begun.
    """
    lock = sa.select(Invitation.id).where(Invitation.id == seat.invitation_id).with_for_update()
    session.execute(lock)
    _release(session, actor, seat)


def release_withdrawn(session: Session, *, invitation_id: int) -> None:
    """Give up the place to come of an invitation that was withdrawn; its row is locked by who withdrew it.

    Side effects as in ``release_seat``, by engage itself. A session that has begun is left as it is.
    """
    invitation = session.get_one(Invitation, invitation_id)
    held = _place_to_come(session, invitation)
    if held is not None and held.session.starts_at > clock.now():
        _release(session, System(), held)


def withdraw_all(session: Session, *, actor: Anyone, organisation_id: int) -> None:
    """Take back the invitations of a suspended supplier that it could still use.

    Those sent or accepted; one whose session has taken place stays as it is. All of them are locked first, by
    id, then the sessions in which they hold a place, by id; then each is withdrawn, which gives the place up
    (``matchmaking.service.withdraw``).
    """
    took_part = sa.exists().where(Seat.invitation_id == Invitation.id, Seat.state.in_(OVER))
    standing = (
        sa.select(Invitation)
        .join(Supplier, Invitation.supplier_id == Supplier.id)
        .where(
            Supplier.organisation_id == organisation_id,
            Invitation.state.in_((InvitationState.SENT, InvitationState.ACCEPTED)),
            ~took_part,
        )
        .order_by(Invitation.id)
        .with_for_update(of=Invitation)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(standing).all()
    held = sa.select(Seat.session_id).where(
        Seat.invitation_id.in_([invitation.id for invitation in found]), Seat.state.in_(seats.TO_COME)
    )
    session.execute(
        sa.select(AdvisorySession.id)
        .where(AdvisorySession.id.in_(held))
        .order_by(AdvisorySession.id)
        .with_for_update()
    )
    for invitation in found:
        matchmaking.withdraw(session, actor=actor, invitation=invitation, reason=SUSPENDED)


def _release(session: Session, actor: Anyone, seat: Seat) -> None:
    if seat.session.starts_at <= clock.now():
        raise Conflict(f"“{seat.session.title}” has begun, so the place cannot be given up any more.")
    if not seats.give_back(session, seat=seat):
        return
    _record(session, actor, seat, seat.session, "released")
    letters.released(session, sender=actor, meeting=seat.session, seat=seat)


def _place_to_come(session: Session, invitation: Invitation) -> Seat | None:
    query = (
        sa.select(Seat)
        .where(Seat.invitation_id == invitation.id, Seat.state.in_(seats.TO_COME))
        .options(joinedload(Seat.session), joinedload(Seat.person), joinedload(Seat.supplier))
        .execution_options(populate_existing=True)
    )
    return session.scalar(query)


def _took_part(session: Session, invitation: Invitation) -> bool:
    query = sa.select(Seat.id).where(Seat.invitation_id == invitation.id, Seat.state.in_(OVER)).limit(1)
    return session.scalar(query) is not None


def _attendee(session: Session, actor: Actor, invitation: Invitation, attendee_id: int | None) -> int:
    if attendee_id is None or attendee_id == actor.person_id:
        return actor.person_id
    people = accounts.people_with(
        session,
        Role.SUPPLIER_ADMIN,
        Role.SUPPLIER_EXPERT,
        organisation_id=invitation.supplier.organisation_id,
    )
    if attendee_id not in {person.id for person in people}:
        raise Invalid({"attendee": "Choose somebody of your organisation"})
    return attendee_id


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
