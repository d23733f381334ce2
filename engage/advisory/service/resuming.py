"""An engagement that was paused, or whose department was suspended, goes on: nobody who waits lost anything by it.

While the challenge is not open no place can be taken, so none is offered and none that is kept runs out.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.advisory.enums import SessionState
from engage.advisory.models import AdvisorySession
from engage.advisory.service import letters, waiting
from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge


def go_on(session: Session, *, challenge_id: int) -> None:
    """Keep the kept places of a challenge that is open again anew, and offer those that became free meanwhile.

    Side effects, in order: the rows of its sessions locked, by id; for each kept place a new ``held_until`` and a
    letter; those of ``waiting.promote``. Sessions in which no place can be taken any more stay as they are.
    """
    _go_on(session, AdvisorySession.challenge_id == challenge_id)


def go_on_everywhere(session: Session, *, organisation_id: int) -> None:
    """Do as ``go_on`` does for every open challenge of a department that may act again: all rows are locked first."""
    theirs = sa.select(Challenge.id).where(
        Challenge.organisation_id == organisation_id, Challenge.state.in_(OPEN_STATES)
    )
    _go_on(session, AdvisorySession.challenge_id.in_(theirs))


def _go_on(session: Session, which: sa.ColumnElement[bool]) -> None:
    query = (
        sa.select(AdvisorySession)
        .where(which, AdvisorySession.state == SessionState.SCHEDULED)
        .options(joinedload(AdvisorySession.challenge))
        .order_by(AdvisorySession.id)
        .with_for_update(of=AdvisorySession)
        .execution_options(populate_existing=True)
    )
    for meeting in session.scalars(query).all():
        if not meeting.takes_places:
            continue
        for seat in waiting.kept(session, meeting=meeting):
            seat.held_until = waiting.kept_until(meeting)
            session.flush()
            letters.offered_anew(session, meeting=meeting, seat=seat)
        waiting.promote(session, meeting=meeting)
