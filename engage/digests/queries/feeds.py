"""What feeds say: the challenges of the public list, newest first, and what happened to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from engage.challenges.models import Challenge, ChallengeVersion


def newest(session: Session, condition: sa.ColumnElement[bool], *, most: int) -> Sequence[Challenge]:
    """Return the challenges that meet ``condition`` (``challenges.listed``), published last in front."""
    query = (
        sa.select(Challenge)
        .where(condition)
        .options(joinedload(Challenge.organisation))
        .order_by(Challenge.published_at.desc(), Challenge.id.desc())
        .limit(most)
    )
    return session.scalars(query).all()


def listed_ids(session: Session, condition: sa.ColumnElement[bool]) -> frozenset[int]:
    """Return the ids of the challenges that meet ``condition``."""
    return frozenset(session.scalars(sa.select(Challenge.id).where(condition)))


def text_times(session: Session, challenge_ids: Sequence[int]) -> Mapping[int, datetime]:
    """Return when the text that everybody reads now was published, by challenge."""
    query = (
        sa.select(ChallengeVersion.challenge_id, sa.func.max(ChallengeVersion.published_at))
        .where(ChallengeVersion.challenge_id.in_(challenge_ids), ChallengeVersion.published_at.is_not(None))
        .group_by(ChallengeVersion.challenge_id)
    )
    return {number: moment for number, moment in session.execute(query) if moment is not None}


def text_changes(
    session: Session, condition: sa.ColumnElement[bool], *, after: datetime, until: datetime
) -> Sequence[tuple[Challenge, ChallengeVersion, ChallengeVersion]]:
    """Return each new text of the challenges that meet ``condition``, published in (``after``, ``until``]: the
    challenge, the text and the public one before it; oldest first.
    """
    new, old = aliased(ChallengeVersion), aliased(ChallengeVersion)
    before = (
        sa.select(sa.func.max(ChallengeVersion.number))
        .where(
            ChallengeVersion.challenge_id == new.challenge_id,
            ChallengeVersion.number < new.number,
            ChallengeVersion.published_at.is_not(None),
        )
        .scalar_subquery()
    )
    query = (
        sa.select(Challenge, new, old)
        .join(new, new.challenge_id == Challenge.id)
        .join(old, sa.and_(old.challenge_id == new.challenge_id, old.number == before))
        .where(condition, new.published_at > after, new.published_at <= until)
        .options(joinedload(Challenge.organisation))
        .order_by(new.published_at, new.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]
