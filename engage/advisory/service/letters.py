"""The letters of this room: about a place, and about an offer to help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.advisory.enums import Admission
from engage.advisory.models import (
    AdvisorySession,
    OneToOneAsk,
    OneToOneTerms,
    Seat,
    VolunteerOffer,
    WaitingPlace,
)
from engage.advisory.service import admission
from engage.advisory.service.calendar import mail_part
from engage.challenges.enums import OPEN_STATES
from engage.kernel import clock
from engage.kernel.actor import Anyone, Role, System
from engage.kernel.settings import settings
from engage.kernel.uktime import to_uk, uk_range, uk_time
from engage.matchmaking.models import Invitation
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


def no_longer_attends(session: Session, *, sender: Anyone, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell who was to attend that somebody else does, and take the entry out of their calendar."""
    key = f"seat:{seat.id}:not:{seat.person_id}:{clock.now().isoformat()}"
    _about_seat(session, "attendee_changed", sender, meeting, seat, key=key, method=CANCEL)


def attends_now(session: Session, *, sender: Anyone, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell who attends from now on, with joining details and a calendar entry."""
    key = f"seat:{seat.id}:attends:{seat.person_id}:{seat.updated_at.isoformat()}"
    _about_seat(session, "seat_confirmed", sender, meeting, seat, key=key, method=REQUEST)


def let_in(session: Session, *, sender: Anyone, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell who attends and has confirmed for this session how to join, with the calendar entry."""
    key = f"seat:{seat.id}:let_in:{seat.person_id}:{clock.now().isoformat()}"
    _about_seat(session, "seat_confirmed", sender, meeting, seat, key=key, method=REQUEST)


def confirm_again(session: Session, *, meeting: AdvisorySession, seat: Seat, declaration_id: int) -> None:
    """Ask who attends to confirm again what everybody confirms on entry; once a day for a declaration."""
    key = f"seat:{seat.id}:again:{declaration_id}:{clock.uk_today().isoformat()}"
    _about_seat(session, "entry_asked", System(), meeting, seat, key=key, method=None)


def offered(session: Session, *, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell who waited longest that a place is kept for them, and until when."""
    _kept(session, meeting, seat, key=f"seat:{seat.id}:offered")


def offered_anew(session: Session, *, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell for whom a place is kept, after a pause or a change of the session, until when it is now."""
    assert seat.held_until is not None
    moment = f"{meeting.sequence}:{seat.held_until:%Y%m%dT%H%M%S}"
    _kept(session, meeting, seat, key=f"seat:{seat.id}:{moment}:offered")


def _kept(session: Session, meeting: AdvisorySession, seat: Seat, *, key: str) -> None:
    assert seat.held_until is not None
    _about_turn(
        session,
        "place_offered",
        meeting,
        seat,
        key=key,
        why="you waited for a place in this session",
        until=uk_time(seat.held_until),
    )


def kept_place_ended(session: Session, *, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell who had waited that the place was kept for them until now, and went to the next if there can be one."""
    if meeting.takes_places:
        reason = "The place was kept for you and was not taken in time, so it is offered to the next in line."
    else:
        until = uk_time(meeting.open_until)
        reason = f"The place was kept for you and was not taken. Places could be taken until {until}."
    _about_turn(
        session,
        "waiting_ended",
        meeting,
        seat,
        key=f"seat:{seat.id}:lapsed",
        why="a place in this session was kept for you",
        reason=reason,
    )


def waiting_ended(session: Session, *, meeting: AdvisorySession, turn: WaitingPlace, reason: str) -> None:
    """Tell who waits that there is nothing to wait for any more, and why."""
    _about_turn(
        session,
        "waiting_ended",
        meeting,
        turn,
        key=f"waiting:{turn.id}:ended",
        why="you waited for a place in this session",
        reason=reason,
    )


def _about_turn(
    session: Session,
    template: str,
    meeting: AdvisorySession,
    turn: Seat | WaitingPlace,
    *,
    key: str,
    why: str,
    **more: str,
) -> None:
    person, base = turn.person, settings().base_url
    if not _acts_for(session, person, turn.supplier):
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
            "challenge": meeting.challenge.title,
            "department": meeting.challenge.organisation.name,
            "invitation_link": f"{base}/supplier/invitations/{turn.invitation.ref}",
            "public_link": f"{base}/challenges/{meeting.challenge.ref}",
            **more,
        },
        dedupe_key=key,
        why=f"You get this email because {why}.",
        sender=System(),
        challenge_ref=meeting.challenge.ref,
        audience=f"supplier:{turn.supplier.ref}",
        fact=key.rpartition(":")[0],
    )


def changed(
    session: Session,
    *,
    sender: Anyone,
    meeting: AdvisorySession,
    seats: Sequence[Seat],
    changes: Sequence[str],
    reason: str = "",
) -> None:
    """Tell everyone with a seat what changed, with the calendar entry as it is now."""
    standing = admission.standing(session, held=seats)
    for seat in seats:
        key = f"session:{meeting.ref}:{meeting.sequence}:{seat.person_id}"
        _about_seat(
            session,
            "session_changed",
            sender,
            meeting,
            seat,
            key=key,
            method=REQUEST,
            standing=standing.get(seat.id),
            changes=list(changes),
            reason=reason,
        )


def reminder(session: Session, *, meeting: AdvisorySession, seat: Seat, days: int) -> bool:
    """Remind who attends, once for the time at which the session begins; tell whether a letter was written."""
    return _about_seat(
        session,
        "session_reminder",
        System(),
        meeting,
        seat,
        key=f"seat:{seat.id}:reminder:{days}:{meeting.starts_at:%Y%m%dT%H%M}",
        method=None,
        soon=_how_soon(meeting),
    )


def _how_soon(meeting: AdvisorySession) -> str:
    days = (to_uk(meeting.starts_at).date() - clock.uk_today()).days
    return ("Today", "Tomorrow")[days] if days < 2 else f"In {days} days"


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
            goes_on=meeting.challenge.state in OPEN_STATES,
        )


def _about_seat(
    session: Session,
    template: str,
    sender: Anyone,
    meeting: AdvisorySession,
    seat: Seat,
    *,
    key: str,
    method: CalendarMethod | None,
    standing: Admission | None = None,
    **more: Any,
) -> bool:
    """Write to who attends; how to join only to who is let in. The caller looks up ``standing`` for many at once."""
    person, base = seat.person, settings().base_url
    if not _acts_for(session, person, seat.supplier):
        return False
    if standing is None and method is not CANCEL:
        standing = admission.standing(session, held=[seat]).get(seat.id)
    joins = standing is Admission.LET_IN
    letter = outbox.post(
        session,
        template=template,
        to=person.email,
        to_name=person.name,
        person_id=person.id,
        context={
            "title": meeting.title,
            "when": uk_range(meeting.starts_at, meeting.ends_at),
            "place": meeting.place,
            "joining_details": meeting.joining_details if joins else "",
            "agenda": meeting.agenda,
            "challenge": meeting.challenge.title,
            "department": meeting.challenge.organisation.name,
            "link": f"{base}/supplier/sessions",
            "standing": standing,
            "confirm_link": f"{base}/supplier/seats/{seat.id}/confirm",
            "invitation_link": f"{base}/supplier/invitations/{seat.invitation.ref}",
            "public_link": f"{base}/challenges/{meeting.challenge.ref}",
            **more,
        },
        dedupe_key=key,
        why=f"You get this email because you were to attend for {seat.supplier.organisation.name}."
        if method is CANCEL
        else f"You get this email because you are to attend for {seat.supplier.organisation.name}.",
        sender=sender,
        challenge_ref=meeting.challenge.ref,
        audience=f"supplier:{seat.supplier.ref}",
        fact=f"seat:{seat.id}",
        calendar=mail_part(meeting, person=person, method=method, joins=joins) if method else None,
        calendar_method=method,
    )
    return letter is not None


def talk_offered(
    session: Session, *, sender: Anyone, asked: OneToOneAsk, invitation: Invitation, terms: OneToOneTerms
) -> None:
    """Tell who asked for a one-to-one talk that everybody who asked is offered one, and where to choose the time.

    When who asked does not act for the supplier any more, everybody who does is told.
    """
    challenge, base, own = asked.challenge, settings().base_url, asked.supplier.organisation
    still = _acts_for(session, asked.person, asked.supplier)
    for person in [asked.person] if still else accounts.people_of(session, organisation_id=own.id):
        outbox.post(
            session,
            template="talk_offered",
            to=person.email,
            to_name=person.name,
            person_id=person.id,
            context={
                "challenge": challenge.title,
                "department": challenge.organisation.name,
                "minutes": terms.minutes,
                "questions": terms.questions,
                "answer_by": invitation.expires_at,
                "link": f"{base}/supplier/invitations/{invitation.ref}",
                "public_link": f"{base}/challenges/{challenge.ref}",
            },
            dedupe_key=f"talk_offered:{asked.id}:{person.id}",
            why=f"You get this email because a talk was asked for in the name of {own.name}.",
            sender=sender,
            challenge_ref=challenge.ref,
            audience=f"supplier:{asked.supplier.ref}",
            fact=f"talk:{asked.id}",
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
            why=f"You get this email because you run sessions for {challenge.organisation.name}.",
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
        why=f"You get this email because you offered help for {offer.supplier.organisation.name}.",
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
        dedupe_key=f"{template}:{offer.id}:{offer.created_at:%Y%m%dT%H%M%S%f}:{person.id}",
        why=why,
        sender=sender,
        challenge_ref=offer.challenge.ref if audience else None,
        audience=audience,
        fact=f"offer:{offer.id}" if audience else None,
    )
