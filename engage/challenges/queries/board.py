"""The department's board: everything by state, who must act next, what is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges import policy
from engage.challenges.enums import OPEN_STATES, ChallengeState
from engage.challenges.models import Challenge


@dataclass(frozen=True)
class BoardCard:
    """One challenge on the board, and what has to be done next with it."""

    challenge: Challenge
    next: policy.NextStep


@dataclass(frozen=True)
class BoardColumn:
    """One column: its title, how many challenges stand there, and the cards shown."""

    title: str
    count: int
    cards: Sequence[BoardCard]


COLUMNS: tuple[tuple[str, tuple[ChallengeState, ...]], ...] = (
    ("Being written", (ChallengeState.DRAFT, ChallengeState.CHANGES_REQUESTED)),
    ("In approval", (ChallengeState.IN_REVIEW, ChallengeState.APPROVED, ChallengeState.NOTICE_PENDING)),
    ("Open", OPEN_STATES),
    ("Findings due", (ChallengeState.FINDINGS_DUE,)),
    ("Closed", (ChallengeState.CLOSED, ChallengeState.WITHDRAWN)),
)
CARDS_SHOWN = 20


def for_department(session: Session, *, organisation_id: int) -> Sequence[BoardColumn]:
    """Return the department's board: a column for each stage, in order, with who must act next on each card.

    What changed last comes first. At most ``CARDS_SHOWN`` cards of a column are shown, ``count`` counts all.
    Authors are loaded. Two statements, whatever the number of challenges.
    """
    mine = Challenge.organisation_id == organisation_id
    counts = dict(
        session.execute(
            sa.select(Challenge.state, sa.func.count()).where(mine).group_by(Challenge.state)
        ).all()
    )
    column = sa.case(*((Challenge.state.in_(states), place) for place, (_, states) in enumerate(COLUMNS)))
    place = sa.func.row_number().over(
        partition_by=column, order_by=(Challenge.updated_at.desc(), Challenge.id.desc())
    )
    numbered = sa.select(Challenge.id, place.label("place")).where(mine).subquery()
    query = (
        sa.select(Challenge)
        .join(numbered, numbered.c.id == Challenge.id)
        .where(numbered.c.place <= CARDS_SHOWN)
        .options(joinedload(Challenge.author))
        .order_by(numbered.c.place)
    )
    rows = session.scalars(query).all()
    return [
        BoardColumn(
            title,
            sum(counts.get(state, 0) for state in states),
            [BoardCard(row, policy.next_step(row)) for row in rows if row.state in states],
        )
        for title, states in COLUMNS
    ]
