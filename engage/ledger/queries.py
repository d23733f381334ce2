"""Reading the ledger."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.ledger.enums import EVERYONE
from engage.ledger.models import Disclosure


def disclosures(session: Session, *, challenge_ref: str) -> Sequence[Disclosure]:
    """Return every ledger line of a challenge, oldest first."""
    query = sa.select(Disclosure).where(Disclosure.challenge_ref == challenge_ref).order_by(Disclosure.id)
    return session.scalars(query).all()


def public_disclosures(session: Session, *, challenge_ref: str) -> Sequence[Disclosure]:
    """Return what was told to everyone about a challenge, oldest first."""
    query = (
        sa.select(Disclosure)
        .where(Disclosure.challenge_ref == challenge_ref, Disclosure.audience == EVERYONE)
        .order_by(Disclosure.id)
    )
    return session.scalars(query).all()
