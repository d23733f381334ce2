"""When a text was submitted, approved, published and last changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import Decision
from engage.challenges.models import Challenge, ChallengeReview
from engage.challenges.queries.finding import published_versions


@dataclass(frozen=True)
class TextDates:
    """The dates of the text that was published first; of the one on its way while nothing is public."""

    submitted_at: datetime | None
    approved_at: datetime | None
    published_at: datetime | None
    changed_at: datetime | None
    """When the text that everybody reads now took the place of the one before; None while it is the first."""


def text_dates(session: Session, *, challenge: Challenge) -> TextDates:
    """Return when the text of ``challenge`` was submitted, approved, published and last changed.

    The columns of the challenge tell of the last change only: who stands for a changed text stands there.
    """
    versions = published_versions(session, challenge_id=challenge.id)
    if not challenge.is_public or not versions:
        return TextDates(challenge.submitted_at, challenge.approved_at, challenge.published_at, None)
    first, last = versions[0], versions[-1]
    approved = sa.select(sa.func.min(ChallengeReview.at)).where(
        ChallengeReview.version_id == first.id, ChallengeReview.decision == Decision.APPROVED
    )
    return TextDates(
        submitted_at=first.submitted_at,
        approved_at=session.scalar(approved) or challenge.approved_at,
        published_at=first.published_at,
        changed_at=last.published_at if last is not first else None,
    )
