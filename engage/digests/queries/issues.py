"""Reading digests: which wait, and who was told what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.digests.models import DigestIssue
from engage.outbox.enums import WAITING, LetterState
from engage.outbox.models import Letter


def waiting_issues(session: Session, *, challenge_id: int) -> Sequence[DigestIssue]:
    """Return the digests that tell of a challenge and whose letter still waits to be sent."""
    query = (
        sa.select(DigestIssue)
        .join(Letter, Letter.id == DigestIssue.letter_id)
        .where(DigestIssue.challenge_ids.contains([challenge_id]), Letter.state.in_(WAITING))
    )
    return session.scalars(query.order_by(DigestIssue.id)).all()


def told_of(session: Session, *, challenge_id: int, before: datetime) -> Sequence[int]:
    """Return the ids of the subscriptions with a digest, written before ``before``, that told of a challenge.

    Only digests that were sent or are on their way count.
    """
    query = (
        sa.select(DigestIssue.subscription_id)
        .join(Letter, Letter.id == DigestIssue.letter_id)
        .where(
            DigestIssue.challenge_ids.contains([challenge_id]),
            Letter.state.in_((LetterState.SENT, LetterState.SENDING)),
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
