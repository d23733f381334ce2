"""An invitation that a person wants to take back: not once its place was used, or is being used."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory.enums import SeatState
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import seats
from engage.kernel import clock
from engage.kernel.errors import Conflict

OVER = (SeatState.ATTENDED, SeatState.NO_SHOW)
USED = (
    "The session in which this supplier has a place has begun, or is over. Its place was used and goes to nobody "
    "else, so the invitation cannot be taken back any more."
)


def check_not_used(session: Session, *, invitation_id: int) -> None:
    """Raise ``Conflict`` when the place of an invitation, whose row the caller has locked, was used.

    That is: it says who came, or the session of a place to come has begun. Side effects: the rows of its sessions
    are locked, so that none of them is moved and none recorded meanwhile.
    """
    seats.lock_of(session, invitation_ids=[invitation_id])
    begun = sa.and_(Seat.state.in_(seats.TO_COME), AdvisorySession.starts_at <= clock.now())
    query = (
        sa.select(Seat.id)
        .join(Seat.session)
        .where(Seat.invitation_id == invitation_id, sa.or_(Seat.state.in_(OVER), begun))
        .limit(1)
    )
    if session.scalar(query) is not None:
        raise Conflict(USED)
