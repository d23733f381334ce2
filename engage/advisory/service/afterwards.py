"""After a session: who came, and what was said, published to everyone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries
from engage.advisory.enums import SEAT_TRANSITIONS, SESSION_TRANSITIONS, TO_COME, SeatState, SessionState
from engage.advisory.events import SessionPublished
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import admission, feedback, materials, presence, seats, waiting
from engage.advisory.service.presence import Presence
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.interests.enums import CheckPoint
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.events import emit
from engage.kernel.states import check
from engage.ledger import service as ledger
from engage.ledger.enums import Channel


def record_attendance(
    session: Session,
    *,
    actor: Actor,
    meeting: AdvisorySession,
    came: Mapping[int, bool],
    presences: Mapping[int, Presence] | None = None,
) -> AdvisorySession:
    """Record who came; the session counts as held from now on. Mistakes are mended by ``correct_attendance``.

    ``came`` says yes or no for the id of every live seat, ``presences`` in which part somebody came and when; who is
    not in it was there from beginning to end. Side effects, in order: the session's row is
    locked, places that were offered and never taken are released, the seats and the session change state, an
    audit line with counts, a ledger line for each supplier that came: it knows what was said, everybody else once
    the minutes are published; the time for feedback begins (``feedback.open_round``); who still waits for a place
    reads that it is too late. Raises ``Conflict`` before the
    session has begun or when it was cancelled or recorded, ``Invalid`` when a seat is left out, for times that cannot
    be, and when somebody came whom a conflict of interest keeps away; those who are kept away are noted.
    """
    meeting = seats.lock(session, meeting.id)
    check(SESSION_TRANSITIONS, now=meeting.state, to=SessionState.HELD, thing="session")
    if meeting.starts_at > clock.now():
        raise Conflict("This session has not begun yet. Record who came once it has.")
    seats.give_back_kept(session, meeting=meeting)
    live = sa.select(Seat).where(Seat.session_id == meeting.id, Seat.state.in_(TO_COME)).order_by(Seat.id)
    rows = session.scalars(live.execution_options(populate_existing=True)).all()
    missing = {f"seat_{seat.id}": "Choose whether this person came" for seat in rows if seat.id not in came}
    if missing:
        raise Invalid(missing)
    held = {seat.id for seat in admission.note_blocked(session, held=rows, point=CheckPoint.SESSION)}
    refused = {f"seat_{number}": admission.ON_HOLD for number in sorted(held) if came[number]}
    if refused:
        raise Invalid(refused)
    presences = presences or {}
    presence.check_times(meeting, presences)
    for seat in rows:
        state = SeatState.ATTENDED if came[seat.id] else SeatState.NO_SHOW
        check(SEAT_TRANSITIONS, now=seat.state, to=state, thing="place")
        seat.state = state
        seat.updated_at = clock.now()
        if came[seat.id]:
            there = presences.get(seat.id) or presence.whole(meeting)
            presence.write(session, actor=actor, seat=seat, presence=there)
    meeting.state = SessionState.HELD
    meeting.updated_at = clock.now()
    session.flush()
    attended = sum(seat.state is SeatState.ATTENDED for seat in rows)
    _record(session, actor, meeting, "held", attended=attended, no_show=len(rows) - attended)
    _tell_who_came(session, meeting, [seat for seat in rows if seat.state is SeatState.ATTENDED])
    feedback.open_round(session, meeting=meeting)
    waiting.close_late(session, meeting=meeting)
    return meeting


def correct_attendance(
    session: Session,
    *,
    actor: Actor,
    meeting: AdvisorySession,
    came: Mapping[int, bool],
    presences: Mapping[int, Presence] | None = None,
) -> None:
    """Correct who came after it was recorded.

    Side effects: those of ``presence.correct_attendance``; for who came although it did not say so before a ledger
    line, while the minutes are not published, and the question how it was. A ledger line of somebody who did not come
    after all stays: it says too much, never too little.
    """
    arrived = presence.correct_attendance(
        session, actor=actor, meeting=meeting, came=came, presences=presences
    )
    if arrived and meeting.minutes_published_at is None:
        _tell_who_came(session, meeting, arrived)
    if arrived:
        feedback.open_round(session, meeting=meeting)


def save_minutes(session: Session, *, actor: Actor, meeting: AdvisorySession, text: str) -> AdvisorySession:
    """Keep a draft of the minutes, visible to the department only.

    Side effects: the session's row is locked, its minutes, an audit line. Raises ``Conflict`` when the
    minutes are published or the session was cancelled or has not begun.
    """
    meeting = _open_minutes(session, meeting)
    meeting.minutes = text
    meeting.updated_at = clock.now()
    session.flush()
    _record(session, actor, meeting, "minutes_saved")
    return meeting


def publish_minutes(
    session: Session, *, actor: Actor, meeting: AdvisorySession, text: str
) -> AdvisorySession:
    """Publish the minutes to everyone, once and for good: who was there knows no more than who was not.

    Side effects, in order: the challenge's row is held, the session's locked, what was not released of its files is,
    its minutes and their time, an audit line, a ledger line with the hash of the exact text, the event
    ``SessionPublished`` (who takes part is told). Raises ``Conflict`` when they are published already,
    attendance has not been recorded or the challenge is not public, ``Invalid`` when there is no text.
    """
    if not challenges.lock(session, meeting.challenge).is_public:
        raise Conflict("This challenge is not public at the moment, so nothing can be published to everyone.")
    meeting = _open_minutes(session, meeting)
    if meeting.state is not SessionState.HELD:
        raise Conflict("Record who came first, then publish the minutes.")
    if not text.strip():
        raise Invalid({"minutes": "Enter the minutes"})
    now = clock.now()
    released = materials.release_now(session, actor=actor, meeting=meeting, at=now)
    meeting.minutes = text
    meeting.minutes_published_at = meeting.updated_at = now
    session.flush()
    _record(session, actor, meeting, "minutes_published")
    ledger.disclose(
        session,
        challenge_ref=meeting.challenge.ref,
        fact=queries.fact_of_minutes(meeting),
        summary=f"Minutes published: {meeting.title}",
        channel=Channel.PAGE,
        body=text,
    )
    names, fact = tuple(each.name for each in released), queries.fact_of_minutes(meeting)
    emit(session, SessionPublished(meeting.id, minutes=True, materials=names, fact=fact))
    return meeting


def _tell_who_came(session: Session, meeting: AdvisorySession, seats_taken: Sequence[Seat]) -> None:
    left = {each.seat_id: each.left_at for each in queries.attendance_of(session, session_id=meeting.id)}
    for seat in seats_taken:
        said_at = min(left.get(seat.id, meeting.ends_at), clock.now())
        audience = f"supplier:{seat.supplier.ref}"
        ledger.disclose(
            session,
            challenge_ref=meeting.challenge.ref,
            fact=f"minutes:{meeting.ref}",
            summary=f"What was said in the session: {meeting.title}",
            channel=Channel.SESSION,
            audience=audience,
            released_at=said_at,
            delivered_at=said_at,
        )


def _open_minutes(session: Session, meeting: AdvisorySession) -> AdvisorySession:
    meeting = seats.lock(session, meeting.id)
    if meeting.minutes_published_at is not None:
        raise Conflict("The minutes of this session are published, so they cannot be changed any more.")
    if meeting.state is SessionState.CANCELLED or meeting.starts_at > clock.now():
        raise Conflict("Minutes can be written once the session has begun.")
    return meeting


def _record(session: Session, actor: Actor, meeting: AdvisorySession, deed: str, **details: int) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:session:{deed}",
        subject=f"session:{meeting.ref}",
        challenge=meeting.challenge.ref,
        **details,
    )
