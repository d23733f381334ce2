"""An engagement that was paused goes on: nobody on a waiting list lost anything by it.

While the challenge is not open no place can be taken, so none is offered and none that is kept runs out.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.advisory.enums import SeatState, SessionState
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import letters, waiting


def go_on(session: Session, *, challenge_id: int) -> None:
    """Keep the kept places of a challenge that is open again anew, and offer those that became free meanwhile.

    Side effects, in order: the rows of its sessions locked, by id; for each kept place a new ``held_until`` and a
    letter; those of ``waiting.promote``. Sessions in which no place can be taken any more stay as they are.
    """
    query = (
        sa.select(AdvisorySession)
        .where(AdvisorySession.challenge_id == challenge_id, AdvisorySession.state == SessionState.SCHEDULED)
        .options(joinedload(AdvisorySession.challenge))
        .order_by(AdvisorySession.id)
        .with_for_update(of=AdvisorySession)
        .execution_options(populate_existing=True)
    )
    for meeting in session.scalars(query).all():
        if not meeting.takes_places:
            continue
        for seat in _kept(session, meeting):
            seat.held_until = waiting.kept_until(meeting)
            session.flush()
            letters.offered_anew(session, meeting=meeting, seat=seat)
        waiting.promote(session, meeting=meeting)


def _kept(session: Session, meeting: AdvisorySession) -> list[Seat]:
    query = (
        sa.select(Seat)
        .where(Seat.session_id == meeting.id, Seat.state == SeatState.OFFERED)
        .options(joinedload(Seat.person), joinedload(Seat.supplier), joinedload(Seat.invitation))
        .order_by(Seat.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))
