"""Reading letters."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.outbox.enums import LetterState
from engage.outbox.models import Letter


def counts(session: Session) -> dict[LetterState, int]:
    """Return how many letters are in each state; every state has an entry."""
    rows = session.execute(
        sa.select(Letter.state, sa.func.count().label("number")).group_by(Letter.state)
    ).all()
    found = {row.state: row.number for row in rows}
    return {state: found.get(state, 0) for state in LetterState}
