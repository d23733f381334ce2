"""The other direction: which open challenges fit one supplier. Reads only; nothing is written, nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges import queries as challenges
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import clock
from engage.kernel.embedding import embedder
from engage.matching import Band, ChallengeText, Features, Pool, rank_pool, texts_to_encode
from engage.matchmaking.service import vectors
from engage.matchmaking.service.corpus import standard
from engage.matchmaking.service.matching import WITHOUT_MODEL, measured_by
from engage.matchmaking.service.pools import build
from engage.matchmaking.service.texts import Cited, challenge_text, cited, published_on, why
from engage.suppliers import queries as suppliers
from engage.suppliers.models import Supplier


@dataclass(frozen=True)
class Opportunity:
    """An open challenge and how it fits; ``band`` is ``None`` when there was nothing to compare."""

    challenge: Challenge
    band: Band | None
    why: str
    score: float
    words_alone: bool


def opportunities(session: Session, *, supplier: Supplier) -> list[Opportunity]:
    """Return the open challenges, those that fit ``supplier`` best in front, with band and why.

    Compared are the published texts with the supplier's statements that count today. Where a vector is
    missing the words alone decide. Nothing about other suppliers is in the answer; their statements only
    say what chance looks like. Writes nothing.
    """
    texts = _published_texts(session)
    today = clock.uk_today()
    fresh = suppliers.fresh(supplier, today=today)
    if not fresh:
        return [Opportunity(challenge, None, "", 0.0, False) for challenge, _ in texts]
    statements = {str(statement.id): cited(statement) for statement in fresh}
    pool = alone(session, supplier, today=today)
    model = embedder()
    features = vectors.stored(session, texts_to_encode(challenges=[text for _, text in texts]), model=model)
    found = [_opportunity(pool, challenge, text, features, statements) for challenge, text in texts]
    return sorted(found, key=lambda each: (-each.score, each.challenge.id))


def _opportunity(
    pool: Pool,
    challenge: Challenge,
    text: ChallengeText,
    features: Features,
    statements: Mapping[str, Cited],
) -> Opportunity:
    blind = (
        not pool.yardstick.dim or pool.unread or vectors.lacks(features, texts_to_encode(challenges=[text]))
    )
    place = rank_pool(pool, text, features=WITHOUT_MODEL if blind else features, top=1, explain=1)[0]
    assert place.explanation is not None, "the first place is explained"
    return Opportunity(
        challenge,
        place.band,
        why(place.explanation, statements, band=place.band),
        place.score,
        words_alone=place.explanation.matched_by_words_alone,
    )


def alone(session: Session, supplier: Supplier, *, today: date) -> Pool:
    """Return a pool of one supplier as the database has it, measured with the newest snapshot of the corpus."""
    measure = measured_by(session, standard(session), embedder(), writing=False)
    held = build(session, [supplier.id], yardstick=measure)
    return Pool([held.segment], yardstick=measure, as_of=today)


def _published_texts(session: Session) -> list[tuple[Challenge, ChallengeText]]:
    open_now = {challenge.id: challenge for challenge in challenges.open_challenges(session)}
    query = (
        sa.select(ChallengeVersion)
        .where(ChallengeVersion.challenge_id.in_(open_now), ChallengeVersion.published_at.is_not(None))
        .order_by(ChallengeVersion.number)
    )
    newest = {version.challenge_id: version for version in session.scalars(query)}
    return [
        (challenge, challenge_text(newest[challenge.id].content, published=published_on(challenge)))
        for challenge in open_now.values()
        if challenge.id in newest
    ]
