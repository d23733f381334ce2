"""What suppliers answered to invitations from matches, as pairs by which weights can be tried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges import queries as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.embedding import embedder
from engage.matching import ChallengeText, Features, SupplierProfile, encode_missing, texts_to_encode
from engage.matching.tuning import Judgement
from engage.matchmaking.enums import InvitationState, Origin
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import vectors
from engage.matchmaking.service.texts import challenge_text, profile, published_on
from engage.suppliers import queries as suppliers
from engage.suppliers.models import Supplier


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Suppliers with their statements of today, the challenges that invited them, and what they answered."""

    suppliers: list[SupplierProfile]
    challenges: list[ChallengeText]
    judgements: list[Judgement]
    features: Features


def judged(session: Session) -> Judged:
    """Read the answers to invitations that came from a match: accepted counts 1, declined 0.

    Who has not answered is not judged. Profiles are those of today, of the suppliers
    that answered; texts of challenges are the published ones. Writes nothing:
    vectors not stored yet are computed for the moment.
    """
    answers = _answers(session)
    texts = _texts(session, {answer.challenge_id: answer.challenge for answer in answers}.values())
    answers = [answer for answer in answers if answer.challenge_id in texts]
    today = clock.uk_today()
    profiles = [
        profile(supplier, suppliers.fresh(supplier, today=today))
        for supplier in {answer.supplier_id: answer.supplier for answer in answers}.values()
    ]
    return Judged(
        suppliers=profiles,
        challenges=list(texts.values()),
        judgements=[
            Judgement(
                challenge_id=texts[answer.challenge_id].id,
                supplier_id=answer.supplier.ref,
                relevance=float(answer.state is InvitationState.ACCEPTED),
            )
            for answer in answers
        ],
        features=_features(session, texts_to_encode(suppliers=profiles, challenges=texts.values())),
    )


def _answers(session: Session) -> Sequence[Invitation]:
    query = (
        sa.select(Invitation)
        .where(
            Invitation.origin == Origin.MATCHED,
            Invitation.state.in_((InvitationState.ACCEPTED, InvitationState.DECLINED)),
        )
        .options(
            joinedload(Invitation.challenge),
            joinedload(Invitation.supplier).selectinload(Supplier.statements),
        )
        .order_by(Invitation.id)
    )
    return session.scalars(query).all()


def _texts(session: Session, asked: Iterable[Challenge]) -> dict[int, ChallengeText]:
    """Return the published texts by the challenge's id."""
    found: dict[int, ChallengeText] = {}
    for challenge in asked:
        version = challenges.published_version(session, challenge_id=challenge.id)
        if version is not None:
            found[challenge.id] = challenge_text(version.content, published=published_on(challenge))
    return found


def _features(session: Session, wanted: vectors.Texts) -> Features:
    model = embedder()
    features = vectors.stored(session, wanted, model=model)
    for kind, texts in wanted.items():
        encode_missing(features, texts, model, kind=kind)
    return features
