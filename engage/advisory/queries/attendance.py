"""Who was in a session: with names for the department, without them for everybody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts.models import Organisation
from engage.advisory.enums import Part
from engage.advisory.models import AdvisorySession, Attendance


@dataclass(frozen=True)
class WasThere:
    """One organisation that was in a session in one part, and with how many people. Nobody's name."""

    organisation: str
    part: Part
    people: int


def attendance_of(session: Session, *, session_id: int) -> Sequence[Attendance]:
    """Return who was in a session, with people, organisations and seats: suppliers first, then the department."""
    query = (
        sa.select(Attendance)
        .where(Attendance.session_id == session_id)
        .options(
            joinedload(Attendance.person), joinedload(Attendance.organisation), joinedload(Attendance.seat)
        )
        .order_by(Attendance.seat_id.is_(None), Attendance.seat_id, Attendance.id)
    )
    return session.scalars(query).all()


def who_was_there(session: Session, *, refs: Collection[str]) -> dict[str, list[WasThere]]:
    """Return which organisations were in these sessions, once their minutes are published. One statement."""
    query = (
        sa.select(AdvisorySession.ref, Organisation.name, Attendance.part, sa.func.count())
        .join(Attendance.session)
        .join(Attendance.organisation)
        .where(AdvisorySession.ref.in_(refs), AdvisorySession.minutes_published_at.is_not(None))
        .group_by(AdvisorySession.ref, Organisation.id, Attendance.part)
        .order_by(AdvisorySession.ref, Organisation.name, Organisation.id, Attendance.part)
    )
    found: dict[str, list[WasThere]] = {}
    for ref, name, part, people in session.execute(query):
        found.setdefault(ref, []).append(WasThere(name, part, people))
    return found
