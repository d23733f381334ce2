"""Reading match runs and invitations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges.models import Challenge
from engage.kernel.errors import NotFound
from engage.matchmaking.enums import InvitationState, Origin, RunState
from engage.matchmaking.models import Invitation, MatchRun
from engage.suppliers.models import Supplier


def _invitations() -> sa.Select[Invitation]:
    return sa.select(Invitation).options(
        joinedload(Invitation.challenge).joinedload(Challenge.organisation),
        joinedload(Invitation.supplier).joinedload(Supplier.organisation),
    )


def invitation(session: Session, *, ref: str) -> Invitation:
    """Return the invitation with ``ref``, its challenge, department and supplier loaded.

    Raises ``NotFound`` when there is none, or when it is held: nobody outside the department may know of it.
    """
    query = _invitations().where(Invitation.ref == ref, Invitation.sent_at.is_not(None))
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def invitations_for(session: Session, *, supplier_id: int) -> Sequence[Invitation]:
    """Return the invitations that were sent to a supplier, newest first; challenge and department loaded."""
    query = (
        _invitations()
        .where(Invitation.supplier_id == supplier_id, Invitation.sent_at.is_not(None))
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
    )
    return session.scalars(query).all()


def for_challenge(session: Session, *, challenge_id: int) -> Sequence[Invitation]:
    """Return every invitation of a challenge, also those held, in order of creation; suppliers loaded."""
    query = _invitations().where(Invitation.challenge_id == challenge_id).order_by(Invitation.id)
    return session.scalars(query).all()


def invitation_of(session: Session, *, challenge_id: int, supplier_id: int) -> Invitation | None:
    """Return the invitation of a supplier to a challenge, in whatever state, or ``None``."""
    query = _invitations().where(
        Invitation.challenge_id == challenge_id, Invitation.supplier_id == supplier_id
    )
    return session.scalar(query)


def waiting(session: Session, *, moment: object) -> Sequence[Invitation]:
    """Return the sent invitations whose last moment to answer has passed at ``moment``, oldest first."""
    query = (
        sa.select(Invitation)
        .where(Invitation.state == InvitationState.SENT, Invitation.expires_at <= moment)
        .order_by(Invitation.expires_at)
    )
    return session.scalars(query).all()


@dataclass(frozen=True)
class PublicSummary:
    """What everyone may know about how suppliers were found: numbers, no names."""

    considered: int
    invited: int
    volunteers: int
    matched_at: datetime


def public_summary(session: Session, *, challenge_id: int) -> PublicSummary | None:
    """Return the numbers of a challenge's released match run; ``None`` before the release."""
    run = session.scalar(
        sa.select(MatchRun).where(MatchRun.challenge_id == challenge_id, MatchRun.state == RunState.RELEASED)
    )
    if run is None or run.matched_at is None:
        return None
    told = sa.select(Invitation.origin, sa.func.count()).where(
        Invitation.challenge_id == challenge_id, Invitation.sent_at.is_not(None)
    )
    counts: dict[Origin, int] = {origin: number for origin, number in session.execute(told.group_by(Invitation.origin))}
    return PublicSummary(
        considered=run.suppliers_considered,
        invited=counts.get(Origin.MATCHED, 0),
        volunteers=counts.get(Origin.VOLUNTEERED, 0),
        matched_at=run.matched_at,
    )
