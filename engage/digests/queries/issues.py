"""Reading digests: which wait, who was told what, and what one subscription has brought."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.digests.models import DigestEdition, DigestIssue, Subscription
from engage.outbox.enums import WAITING, LetterState
from engage.outbox.models import Letter


def waiting_letters(challenge_id: int) -> sa.Select[int]:
    """Return the query for the ids of the letters that wait to be sent and tell of a challenge in a digest."""
    return (
        sa.select(Letter.id)
        .join(DigestIssue, DigestIssue.letter_id == Letter.id)
        .join(DigestEdition, DigestEdition.id == DigestIssue.edition_id)
        .where(DigestEdition.challenge_ids.contains([challenge_id]), Letter.state.in_(WAITING))
    )


def waiting_for(email: str, *, challenge_id: int | None = None) -> sa.Select[int]:
    """Return the query for the ids of the digests' letters that wait to be sent to an address (and tell of a
    challenge).
    """
    query = (
        sa.select(Letter.id)
        .join(DigestIssue, DigestIssue.letter_id == Letter.id)
        .join(Subscription, Subscription.id == DigestIssue.subscription_id)
        .where(sa.func.lower(Subscription.email) == email.lower(), Letter.state.in_(WAITING))
    )
    if challenge_id is None:
        return query
    edition = DigestEdition.id == DigestIssue.edition_id
    return query.join(DigestEdition, edition).where(DigestEdition.challenge_ids.contains([challenge_id]))


def issues_of(session: Session, *, letter_ids: Collection[int]) -> Sequence[int]:
    """Return the ids of the digests that these letters bring, in order."""
    letters = sa.any_(sa.literal(list(letter_ids), sa.ARRAY(sa.BigInteger)))
    query = sa.select(DigestIssue.id).where(DigestIssue.letter_id == letters)
    return session.scalars(query.order_by(DigestIssue.id)).all()


def told_of(session: Session, *, challenge_id: int, before: datetime) -> Sequence[int]:
    """Return the ids of the subscriptions with a digest, written before ``before``, that told of a challenge.

    Only digests that were sent, are on their way, or may have left without our hearing of it count.
    """
    query = (
        sa.select(DigestIssue.subscription_id)
        .join(DigestEdition, DigestEdition.id == DigestIssue.edition_id)
        .join(Letter, Letter.id == DigestIssue.letter_id)
        .where(
            DigestEdition.challenge_ids.contains([challenge_id]),
            sa.or_(Letter.state.in_((LetterState.SENT, LetterState.SENDING)), Letter.in_doubt),
            Letter.created_at < before,
        )
        .distinct()
    )
    return session.scalars(query.order_by(DigestIssue.subscription_id)).all()


def letter_ids(session: Session, *, subscription_id: int) -> Sequence[int]:
    """Return the ids of the letters written for a subscription's digests."""
    query = sa.select(DigestIssue.letter_id).where(
        DigestIssue.subscription_id == subscription_id, DigestIssue.letter_id.is_not(None)
    )
    return [found for found in session.scalars(query) if found is not None]
