"""Invitations whose place was used: a session was held with it, or has begun."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from engage.advisory.enums import RECORDED, TO_COME
from engage.advisory.models import AdvisorySession, Seat
from engage.kernel import clock


def used_invitations(session: Session, *, invitation_ids: Collection[int]) -> set[int]:
    """Return those of the invitations whose place was used: it says who came, or its session has begun."""
    begun = sa.and_(Seat.state.in_(TO_COME), AdvisorySession.starts_at <= clock.now())
    query = (
        sa.select(Seat.invitation_id)
        .join(Seat.session)
        .where(Seat.invitation_id.in_(invitation_ids), sa.or_(Seat.state.in_(RECORDED), begun))
    )
    return set(session.scalars(query))


def place_used(session: Session, *, invitation_id: int) -> Seat | None:
    """Return the place that an invitation had last in a session that is over, with that session."""
    query = (
        sa.select(Seat)
        .join(Seat.session)
        .where(
            Seat.invitation_id == invitation_id,
            Seat.state.in_((*RECORDED, *TO_COME)),
            AdvisorySession.ends_at <= clock.now(),
        )
        .options(contains_eager(Seat.session))
        .order_by(AdvisorySession.ends_at.desc())
        .limit(1)
    )
    return session.scalar(query)
