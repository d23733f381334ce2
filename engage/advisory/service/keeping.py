"""A challenge that changed: its acceptances are asked anew, and each supplier keeps its place or gives it up."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory.enums import RECORDED, SeatState, SessionState
from engage.advisory.models import AdvisorySession, Seat
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict
from engage.matchmaking import service as matchmaking
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation


def reopen_acceptances(session: Session, *, actor: Anyone, challenge_id: int, version: int) -> None:
    """Ask anew everyone who accepted an invitation to the challenge, except for a session that has begun.

    Places stay theirs until they answer. Side effects: the invitations locked, by id, then for each what
    ``matchmaking.service.reopen`` does.
    """
    begun = sa.and_(AdvisorySession.state == SessionState.SCHEDULED, AdvisorySession.starts_at <= clock.now())
    took_part = (
        sa.exists()
        .where(Seat.invitation_id == Invitation.id, Seat.session_id == AdvisorySession.id)
        .where(sa.or_(Seat.state.in_(RECORDED), sa.and_(Seat.state == SeatState.CONFIRMED, begun)))
    )
    query = (
        sa.select(Invitation)
        .where(
            Invitation.challenge_id == challenge_id,
            Invitation.state == InvitationState.ACCEPTED,
            ~took_part,
        )
        .order_by(Invitation.id)
        .with_for_update(of=Invitation, key_share=True)
        .execution_options(populate_existing=True)
    )
    for invitation in session.scalars(query).all():
        matchmaking.reopen(session, actor=actor, invitation=invitation, version=version)


def keep_place(session: Session, *, actor: Actor, invitation: Invitation, version: int) -> None:
    """Keep the place although the text changed; ``version`` is the text that was read.

    Side effects and errors are those of ``matchmaking.service.mark_confirmed``; also ``Conflict`` when the session
    has begun: whoever came is recorded there.
    """
    begun = (
        sa.select(Seat.id)
        .join(Seat.session)
        .where(
            Seat.invitation_id == invitation.id,
            Seat.state == SeatState.CONFIRMED,
            AdvisorySession.starts_at <= clock.now(),
        )
    )
    if session.scalar(begun.limit(1)) is not None:
        raise Conflict("The session has begun, so there is nothing left to confirm.")
    matchmaking.mark_confirmed(session, actor=actor, invitation=invitation, version=version)
