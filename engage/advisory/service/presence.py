"""Who was in a session, in which part, from when until when; and corrections, whose history is in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.advisory.enums import Part, SeatState, SessionState
from engage.advisory.models import AdvisorySession, Attendance, Seat
from engage.advisory.service import admission, seats
from engage.audit import service as audit
from engage.interests import service as interests
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.uktime import to_uk

EARLIEST, LATEST = timedelta(hours=1), timedelta(hours=6)
"""How long before a session somebody can have joined, and how long after its end somebody can have left."""
NOT_HELD = "Record who came first. After that it can be corrected."


@dataclass(frozen=True, kw_only=True)
class Presence:
    """In which part somebody was there, from when until when. Times are aware."""

    part: Part = Part.PARTICIPANT
    joined_at: datetime
    left_at: datetime


def whole(meeting: AdvisorySession, part: Part = Part.PARTICIPANT) -> Presence:
    """Return the presence of somebody who was there from beginning to end."""
    return Presence(part=part, joined_at=meeting.starts_at, left_at=meeting.ends_at)


def day_of(meeting: AdvisorySession, at: time) -> date:
    """Return on which day in the United Kingdom somebody came or went ``at``: the first on which they can have.

    Who joins at 23:50 a session from midnight to 1:00 came on the day before; who leaves at 0:20 one that was to end
    at 23:30 went on the day after. Where no day is possible it is the day on which the session begins, which
    ``check_times`` refuses.
    """
    begins = to_uk(meeting.starts_at).date()
    for days in (-1, 0, 1):
        day = begins + timedelta(days=days)
        moment = datetime.combine(day, at, tzinfo=clock.UK)
        if meeting.starts_at - EARLIEST <= moment <= meeting.ends_at + LATEST:
            return day
    return begins


def check_times(meeting: AdvisorySession, presences: Mapping[int, Presence]) -> None:
    """Raise ``Invalid`` (``joined_…``, ``left_…`` with the key) for times that cannot be."""
    wrong = {}
    for key, one in presences.items():
        if not meeting.starts_at - EARLIEST <= one.joined_at < meeting.ends_at + LATEST:
            wrong[f"joined_{key}"] = "Enter a time within the session"
        elif one.left_at <= one.joined_at:
            wrong[f"left_{key}"] = "The time of leaving must be after the time of joining"
        elif one.left_at > meeting.ends_at + LATEST:
            wrong[f"left_{key}"] = "Enter a time within the session, or shortly after it"
    if wrong:
        raise Invalid(wrong)


def write(session: Session, *, actor: Actor, seat: Seat, presence: Presence) -> dict[str, str]:
    """Keep that the person of ``seat`` was there, and return what it says, for the audit trail.

    Raises ``Invalid`` when it says so already for another place: nobody attends for two organisations at once.
    """
    row = session.scalar(sa.select(Attendance).where(Attendance.seat_id == seat.id))
    other = sa.select(Attendance.id).where(
        Attendance.session_id == seat.session_id, Attendance.person_id == seat.person_id
    )
    if row is None and session.scalar(other) is not None:
        raise Invalid({f"seat_{seat.id}": "This person is recorded already, for another organisation"})
    row = row or Attendance(
        session_id=seat.session_id,
        seat_id=seat.id,
        person_id=seat.person_id,
        organisation_id=seat.supplier.organisation_id,
    )
    return _set(session, actor, row, presence)


def erase(session: Session, *, seat: Seat) -> None:
    """Take back that the person of ``seat`` was there."""
    session.execute(sa.delete(Attendance).where(Attendance.seat_id == seat.id))


def correct_attendance(
    session: Session,
    *,
    actor: Actor,
    meeting: AdvisorySession,
    came: Mapping[int, bool],
    presences: Mapping[int, Presence] | None = None,
) -> list[Seat]:
    """Correct who came, in which part and when. Seats that are not named stay as they are.

    Side effects, in order: the session's row is locked; for each seat that changes its state, the row of who was
    there, and an audit line with what it said before and after, by supplier. Returns the seats whose people came
    although it did not say so before. Raises ``Conflict`` while nothing was recorded, ``Invalid`` for times that
    cannot be, and for who was kept away by a conflict of interest.
    """
    meeting = seats.lock(session, meeting.id)
    if meeting.state is not SessionState.HELD:
        raise Conflict(NOT_HELD)
    presences = presences or {}
    check_times(meeting, presences)
    query = sa.select(Seat).where(Seat.session_id == meeting.id, Seat.id.in_(came)).order_by(Seat.id)
    arrived = []
    for seat in session.scalars(query.execution_options(populate_existing=True)).all():
        before = _said(session, seat)
        _check_admitted(session, meeting, seat, came=came[seat.id], before=before)
        if came[seat.id]:
            after = write(session, actor=actor, seat=seat, presence=presences.get(seat.id) or whole(meeting))
        else:
            after = {}
            erase(session, seat=seat)
        if before == after:
            continue
        seat.state = SeatState.ATTENDED if after else SeatState.NO_SHOW
        seat.updated_at = clock.now()
        _record(session, actor, meeting, supplier=seat.supplier.ref, before=before, after=after)
        if after and not before:
            arrived.append(seat)
    session.flush()
    return arrived


def record_official(
    session: Session, *, actor: Actor, meeting: AdvisorySession, person_id: int, presence: Presence
) -> Attendance:
    """Record, or correct, that somebody of the department was there.

    Side effects, in order: the session's row is locked, the row, an audit line with what it said before and after.
    Raises ``Conflict`` before the session has begun or when it was cancelled, ``Invalid`` (``person``, times).
    """
    meeting = seats.lock(session, meeting.id)
    if meeting.state is SessionState.CANCELLED or meeting.starts_at > clock.now():
        raise Conflict("This session has not begun yet or was cancelled.")
    department = meeting.challenge.organisation_id
    if not accounts.is_active_member(session, person_id=person_id, organisation_id=department):
        raise Invalid({"person": "Choose somebody of your department"})
    try:
        check_times(meeting, {0: presence})
    except Invalid as problem:
        raise Invalid({name.rpartition("_")[0]: words for name, words in problem.fields.items()}) from None
    row = _official(session, meeting, person_id)
    before = _words(row) if row else {}
    row = row or Attendance(session_id=meeting.id, person_id=person_id, organisation_id=department)
    after = _set(session, actor, row, presence)
    if before != after:
        _record(session, actor, meeting, person=person_id, before=before, after=after)
    return row


def remove_official(session: Session, *, actor: Actor, meeting: AdvisorySession, person_id: int) -> None:
    """Take back that somebody of the department was there; nothing happens when it does not say so."""
    meeting = seats.lock(session, meeting.id)
    row = _official(session, meeting, person_id)
    if row is not None:
        _record(session, actor, meeting, person=person_id, before=_words(row), after={})
        session.delete(row)
        session.flush()


def _check_admitted(
    session: Session, meeting: AdvisorySession, seat: Seat, *, came: bool, before: Mapping[str, str]
) -> None:
    day, challenge = admission.day_of(meeting), meeting.challenge
    if came and not before:
        if seat.state is SeatState.RELEASED:
            raise Invalid({f"seat_{seat.id}": "This place was given up before the session"})
        if interests.is_blocked(session, challenge=challenge, supplier_id=seat.supplier_id, on=day):
            raise Invalid({f"seat_{seat.id}": admission.ON_HOLD})


def _official(session: Session, meeting: AdvisorySession, person_id: int) -> Attendance | None:
    query = sa.select(Attendance).where(
        Attendance.session_id == meeting.id, Attendance.person_id == person_id, Attendance.seat_id.is_(None)
    )
    return session.scalar(query)


def _said(session: Session, seat: Seat) -> dict[str, str]:
    row = session.scalar(sa.select(Attendance).where(Attendance.seat_id == seat.id))
    return _words(row) if row else {}


def _set(session: Session, actor: Actor, row: Attendance, presence: Presence) -> dict[str, str]:
    row.part, row.joined_at, row.left_at = presence.part, presence.joined_at, presence.left_at
    row.recorded_by_id, row.recorded_at = actor.person_id, clock.now()
    session.add(row)
    session.flush()
    return _words(row)


def _words(row: Attendance) -> dict[str, str]:
    return {
        "part": row.part.value,
        "joined": row.joined_at.astimezone(clock.UK).isoformat(timespec="minutes"),
        "left": row.left_at.astimezone(clock.UK).isoformat(timespec="minutes"),
    }


def _record(session: Session, actor: Actor, meeting: AdvisorySession, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        tag="advisory:attendance:corrected",
        subject=f"session:{meeting.ref}",
        challenge=meeting.challenge.ref,
        **details,
    )
