"""The department's board: everything by state, and who must act next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges import policy
from engage.challenges.enums import OPEN_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel.paging import Page, paginate


@dataclass(frozen=True)
class BoardCard:
    """One challenge on the board, and what has to be done next with it."""

    challenge: Challenge
    next: policy.NextStep


@dataclass(frozen=True)
class BoardColumn:
    """One column: its key in addresses, its title, how many challenges stand there, and the cards shown."""

    key: str
    title: str
    count: int
    cards: Sequence[BoardCard]

    @property
    def more(self) -> int:
        """How many stand there that are not shown."""
        return self.count - len(self.cards)


COLUMNS: tuple[tuple[str, str, tuple[ChallengeState, ...]], ...] = (
    ("writing", "Being written", (ChallengeState.DRAFT, ChallengeState.CHANGES_REQUESTED)),
    (
        "approval",
        "In approval",
        (ChallengeState.IN_REVIEW, ChallengeState.APPROVED, ChallengeState.NOTICE_PENDING),
    ),
    ("open", "Open", OPEN_STATES),
    ("findings", "Findings due", (ChallengeState.FINDINGS_DUE,)),
    ("closed", "Closed", (ChallengeState.CLOSED, ChallengeState.WITHDRAWN)),
)
CARDS_SHOWN = 20
_LOADED = (joinedload(Challenge.author), joinedload(Challenge.open_revision))


@dataclass(frozen=True)
class Shown:
    """Which challenges of a department the board shows: all of them, or fewer.

    ``person_id``: those in whose text this person had a hand. ``refs``: those with these references; with both,
    those of either.
    """

    organisation_id: int
    person_id: int | None = None
    refs: Collection[str] | None = None

    @property
    def where(self) -> sa.ColumnElement[bool]:
        """The condition on ``Challenge``."""
        chosen: list[sa.ColumnElement[bool]] = []
        if self.person_id is not None:
            hands = (Challenge.author_id, Challenge.submitted_by_id, Challenge.approved_by_id)
            chosen += [
                sa.any_(Challenge.writer_ids) == self.person_id,
                *(each == self.person_id for each in hands),
            ]
        if self.refs is not None:
            chosen.append(Challenge.ref.in_(self.refs))
        own = Challenge.organisation_id == self.organisation_id
        return sa.and_(own, sa.or_(*chosen)) if chosen else own


def for_department(session: Session, *, shown: Shown) -> Sequence[BoardColumn]:
    """Return the department's board: a column for each stage, in order, with who must act next on each card.

    What changed last comes first. At most ``CARDS_SHOWN`` cards of a column are shown, ``count`` counts all.
    Authors and open revisions are loaded. Two statements, whatever the number of challenges.
    """
    counts = dict(
        session.execute(
            sa.select(Challenge.state, sa.func.count()).where(shown.where).group_by(Challenge.state)
        ).all()
    )
    column = sa.case(*((Challenge.state.in_(states), place) for place, (_, _, states) in enumerate(COLUMNS)))
    place = sa.func.row_number().over(
        partition_by=column, order_by=(Challenge.updated_at.desc(), Challenge.id.desc())
    )
    numbered = sa.select(Challenge.id, place.label("place")).where(shown.where).subquery()
    query = (
        sa.select(Challenge)
        .join(numbered, numbered.c.id == Challenge.id)
        .where(numbered.c.place <= CARDS_SHOWN)
        .options(*_LOADED)
        .order_by(numbered.c.place)
    )
    rows = session.scalars(query).all()
    return [
        BoardColumn(
            key,
            title,
            sum(counts.get(state, 0) for state in states),
            [_card(row) for row in rows if row.state in states],
        )
        for key, title, states in COLUMNS
    ]


def column(session: Session, *, shown: Shown, key: str, page: int) -> tuple[str, Page[BoardCard]] | None:
    """Return the title and one page of a column, what changed last first; ``None`` when there is no such column.

    Two statements.
    """
    found = next(((title, states) for known, title, states in COLUMNS if known == key), None)
    if found is None:
        return None
    title, states = found
    query = sa.select(Challenge).where(shown.where, Challenge.state.in_(states))
    query = query.options(*_LOADED).order_by(Challenge.updated_at.desc(), Challenge.id.desc())
    rows = paginate(session, query, page=page)
    return title, replace(rows, items=[_card(row) for row in rows.items])


def _card(challenge: Challenge) -> BoardCard:
    step = policy.next_step(challenge)
    if challenge.publish_at is not None:
        step = replace(step, who="")  # it happens by itself
    return BoardCard(challenge, step)
