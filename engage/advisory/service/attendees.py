"""Who attends for a supplier: chosen with the place, and changed until the session begins."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Person
from engage.advisory import queries
from engage.advisory.enums import SeatState
from engage.advisory.models import Seat
from engage.advisory.service import letters, seats
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking.models import Invitation


def chosen(session: Session, *, actor: Actor, invitation: Invitation, person_id: int | None) -> int:
    """Return who attends for ``invitation``: ``person_id`` or, when not given, the actor.

    Raises ``Invalid`` (field ``attendee``) for somebody who is not of the supplier.
    """
    if person_id is None or person_id == actor.person_id:
        return actor.person_id
    people = queries.who_can_attend(session, organisation_id=invitation.supplier.organisation_id)
    if person_id not in {person.id for person in people}:
        raise Invalid({"attendee": "Choose somebody of your organisation"})
    return person_id


def change_attendee(session: Session, *, actor: Actor, seat: Seat, person_id: int) -> Seat:
    """Let somebody else of the supplier attend; the same person again changes nothing.

    Side effects, in order: the invitation and the session are locked, the seat, an audit line, a letter that
    takes the entry out of the calendar of who was to attend, and one with joining details and the entry to
    who attends now. Raises ``Conflict`` when the place is not confirmed or the session has begun, ``Invalid``
    for somebody who is not of the supplier.
    """
    row = sa.select(Invitation.id).where(Invitation.id == seat.invitation_id)
    session.execute(row.with_for_update(key_share=True))
    seats.lock_of(session, invitation_ids=[seat.invitation_id])
    session.refresh(seat)
    meeting = seat.session
    if seat.state is not SeatState.CONFIRMED:
        raise Conflict(f"You have no confirmed place in “{meeting.title}” any more.")
    if meeting.starts_at <= clock.now():
        raise Conflict(f"“{meeting.title}” has begun, so who attends cannot be changed any more.")
    attends = chosen(session, actor=actor, invitation=seat.invitation, person_id=person_id)
    if attends == seat.person_id:
        return seat
    letters.no_longer_attends(session, sender=actor, meeting=meeting, seat=seat)
    seat.person = session.get_one(Person, attends)
    seat.updated_at = clock.now()
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="advisory:seat:attendee_changed",
        subject=f"session:{meeting.ref}",
        challenge=meeting.challenge.ref,
        supplier=seat.supplier.ref,
        invitation=seat.invitation.ref,
    )
    letters.attends_now(session, sender=actor, meeting=meeting, seat=seat)
    return seat
