"""Invitations that nobody answered in time."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.challenges import service as challenges
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.matchmaking.service.going_on import comes_back
from engage.matchmaking.service.invitations import expire, lock


def expire_overdue(session: Session, *, actor: Anyone, invitation_id: int) -> None:
    """Close an invitation as ``expire`` does; one that was answered or taken back meanwhile stays as it is.

    So does one that nobody can answer now, because the challenge is away (``going_on.comes_back``). Side effects: the
    challenge's row locked, then those of ``expire``.
    """
    overdue = session.get_one(Invitation, invitation_id)
    challenge = challenges.lock(session, overdue.challenge)
    now = lock(session, overdue)
    over = now.expires_at is not None and now.expires_at <= clock.now()
    if now.state is InvitationState.SENT and over and not comes_back(challenge):
        expire(session, actor=actor, invitation=now)
