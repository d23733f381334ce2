"""Challenges that nobody on the map can answer, or hardly anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge
from engage.matching import Band
from engage.matchmaking.models import MatchCandidate, MatchRun

ENOUGH = 3
"""From so many suppliers that fit well a challenge is no gap; fewer are not told apart, as in the public record."""
WELL = (Band.STRONG, Band.GOOD)


@dataclass(frozen=True)
class Unanswered:
    """An open challenge for which fewer than three suppliers fit well; ``nobody``: none does."""

    challenge: Challenge
    nobody: bool


def unanswered(session: Session) -> Sequence[Unanswered]:
    """Return the open challenges whose last released match found fewer than three suppliers that fit well.

    One statement. Only what the public record of each of these matches says: no name, and 1 is not told from 2.
    """
    released = sa.select(sa.func.max(MatchRun.id)).where(MatchRun.released_at.is_not(None))
    last = (
        sa.select(MatchRun.id, MatchRun.challenge_id)
        .where(MatchRun.id.in_(released.group_by(MatchRun.challenge_id)))
        .subquery()
    )
    fit = sa.func.count().filter(MatchCandidate.band.in_(WELL)).label("fit")
    counted = (
        sa.select(last.c.challenge_id, fit)
        .outerjoin(MatchCandidate, MatchCandidate.run_id == last.c.id)
        .group_by(last.c.challenge_id)
        .having(fit < ENOUGH)
        .subquery()
    )
    query = (
        sa.select(Challenge, counted.c.fit)
        .join(counted, counted.c.challenge_id == Challenge.id)
        .where(Challenge.state.in_(OPEN_STATES))
        .options(joinedload(Challenge.organisation))
        .order_by(counted.c.fit, Challenge.published_at.desc(), Challenge.id)
    )
    found = session.execute(query).all()
    return [
        Unanswered(challenge, fit == 0)
        for challenge, fit in sorted(found, key=lambda row: row.fit > 0)
        if challenge.is_open and challenge.is_public
    ]
