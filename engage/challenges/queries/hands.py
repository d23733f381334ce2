"""Whose hands were in a text: who wrote words of it, and whoever influenced what was published."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import Decision, RevisionState
from engage.challenges.enums.routes import RouteChangeState
from engage.challenges.models import (
    AnswerEdit,
    Challenge,
    ChallengeReview,
    ChallengeRevision,
    ChallengeVersion,
    RouteChange,
)

_LIVE = ChallengeRevision.state != RevisionState.DROPPED
_FIRST_TEXT = sa.and_(AnswerEdit.round == 0, AnswerEdit.number > 0)
_MADE = RouteChange.state == RouteChangeState.MADE
_APPROVED = ChallengeReview.decision == Decision.APPROVED

_WROTE = (
    sa.select(Challenge.id.label("challenge_id"), Challenge.author_id.label("person_id")),
    sa.select(Challenge.id, sa.func.unnest(Challenge.writer_ids)),
    sa.select(AnswerEdit.challenge_id, AnswerEdit.person_id).where(_FIRST_TEXT),
    sa.select(ChallengeRevision.challenge_id, sa.func.unnest(ChallengeRevision.writer_ids)).where(_LIVE),
)
"""Who wrote the text as it stands, the first one, and every change of it that was not dropped."""

_DECIDED = (
    sa.select(Challenge.id, Challenge.submitted_by_id),
    sa.select(Challenge.id, Challenge.approved_by_id),
    sa.select(ChallengeVersion.challenge_id, ChallengeVersion.submitted_by_id),
    sa.select(ChallengeReview.challenge_id, ChallengeReview.reviewer_id).where(_APPROVED),
    sa.select(RouteChange.challenge_id, RouteChange.proposed_by_id).where(_MADE),
    sa.select(RouteChange.challenge_id, RouteChange.decided_by_id).where(_MADE),
)
"""Who submitted or approved a text of it, and who changed its route."""


def writers(session: Session, *, challenge: Challenge) -> set[int]:
    """Return the ids of everyone whose words can stand in the text of ``challenge``.

    Its writers, those of the texts before it, and those of the challenges it was copied from. One statement for
    each of these challenges.
    """
    found: set[int] = set()
    source: Challenge | None = challenge
    while source is not None:
        found |= _people(session, _WROTE, [source.id])[source.id]
        source = source.copied_from
    return found


def influential(session: Session, *, challenge_ids: Collection[int]) -> Mapping[int, set[int]]:
    """Return, by challenge, the ids of who wrote, submitted or approved a text of it, or changed its route.

    Whoever they act for now, and whatever texts came later: whoever influences a decision counts as acting in it
    (Procurement Act 2023, s.81(3)). What was declined or dropped influenced nothing. One statement.
    """
    return _people(session, (*_WROTE, *_DECIDED), challenge_ids)


def _people(
    session: Session, sources: Iterable[sa.Select[*tuple[Any, ...]]], challenge_ids: Collection[int]
) -> dict[int, set[int]]:
    hands = sa.union(*sources).subquery()
    query = sa.select(hands.c.challenge_id, hands.c.person_id).where(
        hands.c.challenge_id.in_(challenge_ids), hands.c.person_id.is_not(None)
    )
    found: dict[int, set[int]] = {number: set() for number in challenge_ids}
    for number, person_id in session.execute(query):
        found[number].add(person_id)
    return found
