"""How open challenges fit many suppliers at once: for digests, which rank what they tell by it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership, Organisation
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import clock
from engage.kernel.embedding import embedder
from engage.matching import Band, ChallengeText, Pool, rank_pool, texts_to_encode
from engage.matchmaking.service import vectors
from engage.matchmaking.service.corpus import standard
from engage.matchmaking.service.matching import WITHOUT_MODEL, measured_by
from engage.matchmaking.service.pools import build, documents
from engage.matchmaking.service.texts import Cited, challenge_text, published_on, why
from engage.suppliers.models import Supplier


@dataclass(frozen=True, slots=True)
class Fit:
    """How a challenge fits a supplier, and why in one line (empty when it does not)."""

    score: float
    band: Band
    why: str


def fits(
    session: Session, *, people: Collection[int], challenge_ids: Collection[int]
) -> Mapping[int, Mapping[int, Fit]]:
    """Return for each person who acts for one verified supplier how the challenges fit it, by challenge.

    Left out are people who act for none or for several, and suppliers without a statement that counts. The suppliers
    are read and scored together, each challenge once for all of them; call it with some hundred people at a time.
    Scores are those of ``opportunities``. Writes nothing.
    """
    suppliers = _suppliers_of(session, people)
    texts = _texts(session, challenge_ids)
    if not suppliers or not texts:
        return {}
    pool, refs = _pool(session, set(suppliers.values()))
    if not refs:
        return {}
    cited = {
        ref: {each.id: Cited(title=each.title, text=each.text) for each in documents(pool, ref)}
        for ref in refs.values()
    }
    by_ref: dict[str, dict[int, Fit]] = {ref: {} for ref in refs.values()}
    features = vectors.stored(session, texts_to_encode(challenges=list(texts.values())), model=embedder())
    for number, text in texts.items():
        blind = (
            not pool.yardstick.dim
            or pool.unread
            or vectors.lacks(features, texts_to_encode(challenges=[text]))
        )
        known = WITHOUT_MODEL if blind else features
        for place in rank_pool(pool, text, features=known, top=len(refs), explain=len(refs)):
            if not cited[place.supplier_id] or place.explanation is None:
                continue
            near = place.band is not Band.NONE
            words = why(place.explanation, cited[place.supplier_id], band=place.band) if near else ""
            by_ref[place.supplier_id][number] = Fit(place.score, place.band, words)
    found = {person: by_ref[refs[one]] for person, one in suppliers.items() if one in refs}
    return {person: fit for person, fit in found.items() if fit}


def _cited(pool: Pool, ref: str) -> Mapping[str, Cited]:
    return {each.id: Cited(title=each.title, text=each.text) for each in documents(pool, ref)}


def _suppliers_of(session: Session, people: Collection[int]) -> Mapping[int, int]:
    """Return the one verified supplier that each person acts for."""
    query = (
        sa.select(Membership.person_id, sa.func.min(Supplier.id))
        .join(Supplier, Supplier.organisation_id == Membership.organisation_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.person_id.in_(people),
            Membership.ended_at.is_(None),
            Organisation.state == OrganisationState.VERIFIED,
        )
        .group_by(Membership.person_id)
        .having(sa.func.count() == 1)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _pool(session: Session, supplier_ids: Collection[int]) -> tuple[Pool, Mapping[int, str]]:
    """Return a pool of these suppliers, and the references of those in it."""
    measure = measured_by(session, standard(session), embedder(), writing=False)
    held = build(session, sorted(supplier_ids), yardstick=measure)
    pool = Pool([held.segment], yardstick=measure, as_of=clock.uk_today())
    inside = {name.decode() for name in held.refs.tolist()}
    query = sa.select(Supplier.id, Supplier.ref).where(Supplier.id.in_(supplier_ids))
    return pool, {row.id: row.ref for row in session.execute(query) if row.ref in inside}


def _texts(session: Session, challenge_ids: Collection[int]) -> Mapping[int, ChallengeText]:
    """Return the published texts as the matcher reads them; the newest of each."""
    query = (
        sa.select(ChallengeVersion, Challenge)
        .join(Challenge, Challenge.id == ChallengeVersion.challenge_id)
        .where(ChallengeVersion.challenge_id.in_(challenge_ids), ChallengeVersion.published_at.is_not(None))
        .order_by(ChallengeVersion.number)
    )
    return {
        row.Challenge.id: challenge_text(row.ChallengeVersion.content, published=published_on(row.Challenge))
        for row in session.execute(query)
    }
