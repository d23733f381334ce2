"""The letters about a place, or a turn on a waiting list: to who attends.

When they do not act for the supplier any more, everybody who does is told instead, without how to join, and asked to
choose who attends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.advisory.enums import Admission
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.advisory.service import admission
from engage.advisory.service.calendar import mail_part
from engage.challenges.enums import OPEN_STATES
from engage.kernel import clock
from engage.kernel.actor import Anyone, System
from engage.kernel.settings import settings
from engage.kernel.uktime import to_uk, uk_range, uk_time
from engage.outbox import service as outbox
from engage.outbox.enums import CalendarMethod

REQUEST, CANCEL = CalendarMethod.REQUEST, CalendarMethod.CANCEL


def confirmed(
    session: Session,
    *,
    sender: Anyone,
    meeting: AdvisorySession,
    seat: Seat,
    standing: Admission | None = None,
) -> None:
    """Tell who attends that the place is theirs, with joining details and a calendar entry.

    ``standing`` is how they stand when the caller has just looked; otherwise it is looked up.
    """
    key = f"seat:{seat.id}:confirmed"
    _about_seat(session, "seat_confirmed", sender, meeting, seat, key=key, method=REQUEST, standing=standing)


def released(session: Session, *, sender: Anyone, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell who was to attend that the place was given up, and take the entry out of their calendar."""
    key = f"seat:{seat.id}:released"
    _about_seat(session, "seat_released", sender, meeting, seat, key=key, method=CANCEL, only_own=True)


def no_longer_attends(session: Session, *, sender: Anyone, meeting: AdvisorySession, seat: Seat) -> None:
    """Tell who was to attend that somebody else does, and take the entry out of their calendar."""
    key = f"seat:{seat.id}:not:{seat.person_id}:{clock.now().isoformat()}"
    _about_seat(session, "attendee_changed", sender, meeting, seat, key=key, method=CANCEL, only_own=True)


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
    base = settings().base_url
    for person in _readers(session, turn):
        own = person == turn.person
        outbox.post(
            session,
            template=template,
            to=person,
            context={
                "title": meeting.title,
                "when": uk_range(meeting.starts_at, meeting.ends_at),
                "challenge": meeting.challenge.title,
                "department": meeting.challenge.organisation.name,
                "invitation_link": f"{base}/supplier/invitations/{turn.invitation.ref}",
                "public_link": f"{base}/challenges/{meeting.challenge.ref}",
                **more,
            },
            dedupe_key=key if own else f"{key}:{person.id}",
            why=f"You get this email because {why if own else _instead_of(turn)}.",
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
    only_own: bool = False,
    **more: Any,
) -> bool:
    """Write to who attends; how to join only to who is let in. The caller looks up ``standing`` for many at once.

    ``only_own``: of no use to others when they have left. Tells whether a letter was written.
    """
    letters = []
    if standing is None and method is not CANCEL:
        standing = admission.standing(session, held=[seat]).get(seat.id)
    for person in _readers(session, seat):
        own = person == seat.person
        if only_own and not own:
            continue
        joins = own and standing is Admission.LET_IN
        is_to = "were to attend" if method is CANCEL else "are to attend"
        because = f"you {is_to} for {seat.supplier.organisation.name}" if own else _instead_of(seat)
        letter = outbox.post(
            session,
            template=template,
            to=person,
            context={**_said(meeting, seat, standing=standing, own=own), **more},
            dedupe_key=key if own else f"{key}:{person.id}",
            why=f"You get this email because {because}.",
            sender=sender,
            challenge_ref=meeting.challenge.ref,
            audience=f"supplier:{seat.supplier.ref}",
            fact=f"seat:{seat.id}",
            calendar=mail_part(meeting, person=person, method=method, joins=joins)
            if own and method
            else None,
            calendar_method=method if own else None,
        )
        letters.append(letter)
    return any(letter is not None for letter in letters)


def _said(meeting: AdvisorySession, seat: Seat, *, standing: Admission | None, own: bool) -> dict[str, Any]:
    """Return what letters about a place say, to who attends or (not ``own``) to others of the supplier."""
    base = settings().base_url
    return {
        "title": meeting.title,
        "when": uk_range(meeting.starts_at, meeting.ends_at),
        "place": meeting.place,
        "joining_details": meeting.joining_details if own and standing is Admission.LET_IN else "",
        "agenda": meeting.agenda,
        "challenge": meeting.challenge.title,
        "department": meeting.challenge.organisation.name,
        "link": f"{base}/supplier/sessions",
        "standing": standing,
        "left": "" if own else seat.person.name,
        "attendee_link": f"{base}/supplier/seats/{seat.id}/attendee",
        "confirm_link": f"{base}/supplier/seats/{seat.id}/confirm",
        "invitation_link": f"{base}/supplier/invitations/{seat.invitation.ref}",
        "public_link": f"{base}/challenges/{meeting.challenge.ref}",
    }


def _readers(session: Session, held: Seat | WaitingPlace) -> Sequence[Person]:
    # Who left since, or closed their account, must not go on reading what is told to the supplier.
    organisation_id = held.supplier.organisation_id
    return accounts.readers_for(session, person=held.person, organisation_id=organisation_id)


def _instead_of(held: Seat | WaitingPlace) -> str:
    return f"{held.person.name}, who was to attend for {held.supplier.organisation.name}, does so no more"
