"""Sessions that are being prepared, for the department that prepares them and for nobody else."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.advisory.models import SessionDraft
from engage.advisory.policy import can_see_drafts
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import NotFound
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation


def draft(session: Session, *, ref: str, actor: Actor) -> SessionDraft:
    """Return a draft with its challenge and who is to run it.

    Raises ``NotFound`` when there is none (any more), and when ``actor`` is not of the department.
    """
    query = (
        sa.select(SessionDraft)
        .where(SessionDraft.ref == ref)
        .options(
            joinedload(SessionDraft.challenge).joinedload(Challenge.organisation),
            joinedload(SessionDraft.facilitator),
        )
    )
    found = session.scalar(query)
    if found is None or not can_see_drafts(actor, found.challenge):
        raise NotFound
    return found


def drafts_of_challenge(session: Session, *, challenge: Challenge, actor: Actor) -> Sequence[SessionDraft]:
    """Return the drafts of ``challenge`` in order of time; none for whoever is not of its department."""
    if not can_see_drafts(actor, challenge):
        return []
    query = (
        sa.select(SessionDraft)
        .where(SessionDraft.challenge_id == challenge.id)
        .order_by(SessionDraft.starts_at, SessionDraft.id)
    )
    return session.scalars(query).all()


def count_choosing(session: Session, *, challenge_id: int) -> int:
    """Return how many suppliers have an invitation to a challenge that waits for their answer."""
    query = sa.select(sa.func.count(Invitation.id)).where(
        Invitation.challenge_id == challenge_id,
        Invitation.state == InvitationState.SENT,
        Invitation.expires_at > clock.now(),
    )
    return session.scalar(query) or 0
