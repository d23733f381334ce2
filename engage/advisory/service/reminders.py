"""Reminders of sessions to come, a week and a day before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.advisory.enums import SeatState, SessionState
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import letters
from engage.kernel import uktime

DAYS_BEFORE = (7, 1)
AT = time(9, 0)
"""When they go out, by UK clocks."""
NEWS_FOR = timedelta(days=1)
"""Who took the place within the day before knows of it, and is not reminded."""


def due_at(meeting: AdvisorySession, days: int) -> datetime:
    """Return the moment of the reminder ``days`` before: 9am, UK time, of that day."""
    day = uktime.to_uk(meeting.starts_at).date() - timedelta(days=days)
    return uktime.from_uk(day, AT)


def remind(session: Session, *, now: datetime) -> int:
    """Write the reminders that are due and return how many.

    Each confirmed seat gets each reminder once for the time at which the session begins: a session that is
    moved is reminded of again. Nothing is written to who took the place within the day before, and of two
    that are due only the later one. Safe to run late, twice and at once.

    Side effects: letters.
    """
    written = 0
    for seat in _seats_to_come(session, now):
        passed = [days for days in DAYS_BEFORE if due_at(seat.session, days) <= now]
        if not passed:
            continue
        days = min(passed)
        if seat.updated_at > due_at(seat.session, days) - NEWS_FOR:
            continue
        written += letters.reminder(session, meeting=seat.session, seat=seat, days=days)
    return written


def _seats_to_come(session: Session, now: datetime) -> Sequence[Seat]:
    query = (
        sa.select(Seat)
        .join(Seat.session)
        .options(
            joinedload(Seat.session).joinedload(AdvisorySession.challenge),
            joinedload(Seat.person),
            joinedload(Seat.supplier),
            joinedload(Seat.invitation),
        )
        .where(
            Seat.state == SeatState.CONFIRMED,
            AdvisorySession.state == SessionState.SCHEDULED,
            AdvisorySession.starts_at > now,
            AdvisorySession.starts_at <= now + timedelta(days=max(DAYS_BEFORE) + 1),
        )
        .order_by(Seat.id)
    )
    return session.scalars(query).all()
