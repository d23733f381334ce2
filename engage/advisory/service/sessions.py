"""Scheduling, changing and cancelling advisory sessions."""

from __future__ import annotations

from dataclasses import asdict, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries
from engage.advisory.enums import SESSION_TRANSITIONS, SeatState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import letters, one_to_one, seats, session_details, waiting
from engage.advisory.service.session_details import SessionDetails
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.enums import OPEN_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.ids import short_id
from engage.kernel.states import check
from engage.kernel.uktime import uk_range
from engage.ledger import service as ledger
from engage.ledger.enums import Channel
from engage.matchmaking.models import Invitation

# What everyone is told, and what only people with a seat are told; the rest changes without a letter.
ANNOUNCED = {
    "title": "the title",
    "format": "the format",
    "starts_at": "the time",
    "ends_at": "the end",
    "place": "the place",
    "agenda": "the agenda",
}
TOLD_TO_ATTENDEES = {**ANNOUNCED, "joining_details": "how to join"}
# What decides who can take a place: everyone can read it, and nobody who has one needs to be told.
TERMS = {"closes_at", "reserved", "reserved_until", "group_limit"}
MOVED = {"starts_at", "ends_at"}


NOT_OPEN = "Sessions can be scheduled once the challenge is published, and until it stops taking part."


def schedule(
    session: Session, *, actor: Actor, challenge: Challenge, details: SessionDetails, ref: str = ""
) -> AdvisorySession:
    """Schedule a session of an open challenge, visible to everyone from now on, and return it.

    ``ref`` is the reference it has had as a draft (``service.drafts``); a new one if it was none.

    Side effects, in order: the challenge's row is locked, the session, an audit line, a ledger line; with
    the first session of a published challenge the engagement begins (``challenges.service.start_engaging``).
    Raises ``Conflict`` when the challenge is not open or one-to-one talks are not offered to everyone yet, ``Invalid``
    when the session would begin in the past or the rest does not fit together.
    """
    challenge = challenges.lock(session, challenge)
    if challenge.state not in OPEN_STATES:
        raise Conflict(NOT_OPEN)
    session_details.check(details)
    one_to_one.check_time(session, challenge=challenge, details=details)
    now = clock.now()
    meeting = AdvisorySession(
        ref=ref or short_id(),
        challenge=challenge,
        state=SessionState.SCHEDULED,
        taken=0,
        taken_invited=0,
        held_back=details.reserved,
        sequence=0,
        created_at=now,
        updated_at=now,
        **asdict(details),
    )
    session.add(meeting)
    session.flush()
    _record(session, actor, meeting, "scheduled", places=meeting.places)
    _announce(session, meeting, f"Advisory session announced: {meeting.title}, {_when(meeting)}")
    if challenge.state is ChallengeState.PUBLISHED:
        challenges.start_engaging(session, actor=actor, challenge=challenge)
    return meeting


def change(
    session: Session,
    *,
    actor: Anyone,
    meeting: AdvisorySession,
    details: SessionDetails,
    reason: str = "",
    at_least_taken: bool = False,
    seen: int | None = None,
) -> AdvisorySession:
    """Change a scheduled session that has not begun. The same details again change nothing.

    A person who moves it gives a ``reason``, which everyone is told. With ``at_least_taken``, places are lowered to as
    many as are taken by then, instead of being refused below that. With ``seen``, the sequence of what was on the page,
    nobody replaces unseen what somebody else has changed meanwhile.

    Side effects, in order: the session's row is locked and changed, ``sequence`` goes up, an audit line;
    when people who attend are concerned, a letter with the new calendar entry to each of them; places kept for who
    waited are kept no longer than the new times allow, with a letter; places that are free are offered to who waits,
    whatever was changed; when everyone is concerned, a ledger line. Raises ``Conflict`` when the session
    is over or cancelled or the challenge is not public, ``Invalid`` when it would begin in the past, have fewer
    places than are taken, is moved without a reason, or has changed since it was ``seen``.
    """
    meeting = _lock_to_change(session, meeting)
    if at_least_taken:
        details = replace(details, places=max(details.places, session_details.fewest(meeting, details)))
    session_details.check(details, meeting=meeting)
    one_to_one.check_time(session, challenge=meeting.challenge, details=details, meeting=meeting)
    changes = session_details.differing(details, meeting)
    if not changes:
        return meeting
    session_details.check_seen(seen, now=meeting.sequence)
    moved = bool(MOVED & set(changes))
    if moved and not reason and isinstance(actor, Actor):
        raise Invalid({"reason": "Say why the session is moved: everybody who comes reads it"})
    for name in changes:
        setattr(meeting, name, getattr(details, name))
    meeting.held_back = session_details.held_back(details)
    meeting.sequence += 1
    meeting.updated_at = clock.now()
    meeting.move_reason = reason if moved else meeting.move_reason
    session.flush()
    _record(session, actor, meeting, "changed", changed=changes, sequence=meeting.sequence)
    told = [words for name, words in TOLD_TO_ATTENDEES.items() if name in changes]
    if told:
        letters.changed(
            session,
            sender=actor,
            meeting=meeting,
            seats=_holders(session, meeting),
            changes=told,
            reason=reason if moved else "",
        )
    waiting.keep_shorter(session, meeting=meeting, told=bool(told))
    waiting.promote(session, meeting=meeting)
    if set(changes) & (ANNOUNCED.keys() | TERMS):
        why = f". {reason}" if moved and reason else ""
        _announce(session, meeting, f"Advisory session changed: {meeting.title}, {_when(meeting)}{why}")
    return meeting


def cancel(session: Session, *, actor: Anyone, meeting: AdvisorySession, reason: str) -> None:
    """Cancel a scheduled session, for a ``reason`` that everyone is told.

    Side effects, in order: the session's row is locked, the session is cancelled, its seats are released, an
    audit line, a ledger line, a letter with a cancelled calendar entry to everyone who had a seat, the waiting
    list ends with a letter to each.
    Invitations stay accepted: another session can be chosen. Raises ``Conflict`` when the session was held
    or cancelled, and when a person cancels a talk that somebody who was offered one needs: the challenge's row is
    locked first, so that two are not cancelled at once.
    """
    counted = isinstance(actor, Actor) and meeting.format is SessionFormat.ONE_TO_ONE
    if counted:
        challenges.lock(session, meeting.challenge)
    meeting = seats.lock(session, meeting.id)
    check(SESSION_TRANSITIONS, now=meeting.state, to=SessionState.CANCELLED, thing="session")
    meeting.state = SessionState.CANCELLED
    meeting.cancel_reason = reason
    meeting.sequence += 1
    meeting.updated_at = clock.now()
    session.flush()
    released = seats.give_back_all(session, meeting=meeting)
    if counted and meeting.challenge.is_open:
        one_to_one.check_enough(session, challenge_id=meeting.challenge_id)
    _record(session, actor, meeting, "cancelled", released=len(released))
    _announce(session, meeting, f"Advisory session cancelled: {meeting.title}, {_when(meeting)}. {reason}")
    letters.cancelled(session, sender=actor, meeting=meeting, seats=released)
    waiting.close(session, meeting=meeting, reason=f"The session was cancelled: {reason}")


def cancel_all(
    session: Session, *, actor: Anyone, challenge_id: int, reason: str, only_to_come: bool = False
) -> None:
    """Cancel every scheduled session of a challenge, or those that have not begun.

    All its invitations are locked first, by id.
    """
    session.execute(
        sa.select(Invitation.id)
        .where(Invitation.challenge_id == challenge_id)
        .order_by(Invitation.id)
        .with_for_update(key_share=True)
    )
    scheduled = (
        sa.select(AdvisorySession)
        .where(AdvisorySession.challenge_id == challenge_id, AdvisorySession.state == SessionState.SCHEDULED)
        .order_by(AdvisorySession.id)
    )
    if only_to_come:
        scheduled = scheduled.where(AdvisorySession.starts_at > clock.now())
    scheduled = scheduled.with_for_update(of=AdvisorySession).execution_options(populate_existing=True)
    for meeting in session.scalars(scheduled).all():
        cancel(session, actor=actor, meeting=meeting, reason=reason)


def _lock_to_change(session: Session, meeting: AdvisorySession) -> AdvisorySession:
    meeting = seats.lock(session, meeting.id)
    if meeting.state is not SessionState.SCHEDULED or meeting.starts_at <= clock.now():
        raise Conflict("This session was cancelled or has begun, so it cannot be changed any more.")
    if not meeting.challenge.is_public:
        raise Conflict("This challenge is not public at the moment. A session can be cancelled, not changed.")
    return meeting


def _holders(session: Session, meeting: AdvisorySession) -> list[Seat]:
    query = sa.select(Seat).where(Seat.session_id == meeting.id, Seat.state == SeatState.CONFIRMED)
    return list(session.scalars(query.order_by(Seat.id)))


def _when(meeting: AdvisorySession) -> str:
    return uk_range(meeting.starts_at, meeting.ends_at)


def _announce(session: Session, meeting: AdvisorySession, summary: str) -> None:
    if not meeting.challenge.is_public:
        return  # nobody can read it: who had a place is told by letter
    told = (meeting.title, _when(meeting), meeting.place, meeting.agenda, *queries.terms(meeting))
    body = "\n".join((*told, meeting.cancel_reason))
    ledger.disclose(
        session,
        challenge_ref=meeting.challenge.ref,
        fact=f"session:{meeting.ref}/{meeting.sequence}",
        summary=summary,
        channel=Channel.PAGE,
        body=body,
    )


def _record(session: Session, actor: Anyone, meeting: AdvisorySession, deed: str, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:session:{deed}",
        subject=f"session:{meeting.ref}",
        challenge=meeting.challenge.ref,
        **details,
    )
