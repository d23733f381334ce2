"""The letters of this room: about a place, and about an offer to help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.advisory.models import AdvisorySession, Seat, VolunteerOffer
from engage.advisory.service.calendar import mail_part
from engage.kernel.actor import Anyone, Role
from engage.kernel.settings import settings
from engage.kernel.uktime import uk_range
from engage.outbox import service as outbox
from engage.outbox.enums import CalendarMethod
from engage.suppliers.models import Supplier

REQUEST, CANCEL = CalendarMethod.REQUEST, CalendarMethod.CANCEL


def confirmed(session: Session, *, sender: Anyone, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell who attends that the place is theirs, with joining details and a calendar entry."""
    _about_seat(
        session, "seat_confirmed", sender, meeting, seat, key=f"seat:{seat.id}:confirmed", method=REQUEST
    )


def released(session: Session, *, sender: Anyone, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell who was to attend that the place was given up, and take the entry out of their calendar."""
    _about_seat(
        session, "seat_released", sender, meeting, seat, key=f"seat:{seat.id}:released", method=CANCEL
    )


def changed(
    session: Session,
    *,
    sender: Anyone,
    meeting: AdvisorySession,
    seats: Sequence[Seat],
    changes: Sequence[str],
) -> None:
    """Tell everyone with a seat what changed, with the calendar entry as it is now."""
    for seat in seats:
        key = f"session:{meeting.ref}:{meeting.sequence}:{seat.person_id}"
        _about_seat(
            session, "session_changed", sender, meeting, seat, key=key, method=REQUEST, changes=list(changes)
        )


def cancelled(session: Session, *, sender: Anyone, meeting: AdvisorySession, seats: Sequence[Seat]) -> None:
    """Tell everyone who had a seat that the session is off and why, and take it out of their calendars."""
    for seat in seats:
        key = f"seat:{seat.id}:cancelled"
        _about_seat(
            session,
            "session_cancelled",
            sender,
            meeting,
            seat,
            key=key,
            method=CANCEL,
            reason=meeting.cancel_reason,
        )


def _about_seat(
    session: Session,
    template: str,
    sender: Anyone,
    meeting: AdvisorySession,
    seat: Seat,
    *,
    key: str,
    method: CalendarMethod,
    **more: Any,
) -> None:
    person, base = seat.person, settings().base_url
    if not _acts_for(session, person, seat.supplier):
        return
    outbox.post(
        session,
        template=template,
        to=person.email,
        to_name=person.name,
        person_id=person.id,
        context={
            "title": meeting.title,
            "when": uk_range(meeting.starts_at, meeting.ends_at),
            "place": meeting.place,
            "joining_details": meeting.joining_details,
            "agenda": meeting.agenda,
            "challenge": meeting.challenge.title,
            "department": meeting.challenge.organisation.name,
            "link": f"{base}/supplier/sessions",
            "invitation_link": f"{base}/supplier/invitations/{seat.invitation.ref}",
            "public_link": f"{base}/challenges/{meeting.challenge.ref}",
            **more,
        },
        dedupe_key=key,
        why=f"You got this email because you are to attend for {seat.supplier.organisation.name}."
        if method is REQUEST
        else f"You got this email because you were to attend for {seat.supplier.organisation.name}.",
        sender=sender,
        challenge_ref=meeting.challenge.ref,
        audience=f"supplier:{seat.supplier.ref}",
        fact=f"seat:{seat.id}",
        calendar=mail_part(meeting, person=person, method=method),
        calendar_method=method,
    )


def offer_received(session: Session, *, sender: Anyone, offer: VolunteerOffer) -> None:
    """Tell the people who run the department's sessions that a supplier offers to help."""
    challenge = offer.challenge
    readers = accounts.people_with(
        session, Role.FACILITATOR, Role.POLICY_AUTHOR, organisation_id=challenge.organisation_id
    )
    for person in readers:
        _about_offer(
            session,
            "offer_received",
            sender,
            offer,
            person,
            why=f"You got this email because you run sessions for {challenge.organisation.name}.",
            link=f"{settings().base_url}/department/challenges/{challenge.ref}/sessions",
            pitch=offer.pitch,
        )


def offer_declined(session: Session, *, sender: Anyone, offer: VolunteerOffer) -> None:
    """Tell who made the offer that it was declined, why, and which ways in remain."""
    if not _acts_for(session, offer.person, offer.supplier):
        return
    _about_offer(
        session,
        "offer_declined",
        sender,
        offer,
        offer.person,
        why=f"You got this email because you offered help for {offer.supplier.organisation.name}.",
        link=f"{settings().base_url}/challenges/{offer.challenge.ref}",
        reason=offer.answer,
        audience=f"supplier:{offer.supplier.ref}",
    )


def _acts_for(session: Session, person: Person, supplier: Supplier) -> bool:
    # Who left since, or closed their account, must not go on reading what is told to the supplier.
    return accounts.is_active_member(session, person_id=person.id, organisation_id=supplier.organisation_id)


def _about_offer(
    session: Session,
    template: str,
    sender: Anyone,
    offer: VolunteerOffer,
    person: Person,
    *,
    why: str,
    audience: str | None = None,
    **more: str,
) -> None:
    outbox.post(
        session,
        template=template,
        to=person.email,
        to_name=person.name,
        person_id=person.id,
        context={
            "challenge": offer.challenge.title,
            "department": offer.challenge.organisation.name,
            "supplier": offer.supplier.organisation.name,
            **more,
        },
        dedupe_key=f"{template}:{offer.id}:{person.id}",
        why=why,
        sender=sender,
        challenge_ref=offer.challenge.ref if audience else None,
        audience=audience,
        fact=f"offer:{offer.id}" if audience else None,
    )
