"""What people of a department have to do about invitations."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.due import Due, Who, until, waited
from engage.matchmaking.enums import InvitationState, RunState
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.policy import MatchmakingPermission


def due(session: Session, *, organisation_id: int) -> list[Due]:
    """Return the open challenges of a department from which nobody is invited yet, and where alternates wait.

    Two statements.
    """
    nobody = sa.not_(sa.exists().where(Invitation.challenge_id == Challenge.id))
    since = sa.func.greatest(MatchRun.matched_at, Challenge.published_at)
    query = (
        sa.select(Challenge.ref, Challenge.title, since)
        .join(MatchRun.challenge)
        .where(
            Challenge.organisation_id == organisation_id,
            Challenge.state.in_(OPEN_STATES),
            sa.or_(Challenge.closes_on.is_(None), Challenge.closes_on >= clock.uk_today()),
            MatchRun.state == RunState.MATCHED,
            nobody,
        )
        .order_by(Challenge.id)
    )
    release = Who(MatchmakingPermission.RELEASE.roles)
    found = [
        Due(
            ref,
            title,
            "Choose whom to invite",
            f"/department/challenges/{ref}/match",
            release,
            until(moment),
            waited(moment, "Public, and nobody invited,"),
        )
        for ref, title, moment in session.execute(query)
    ]
    return found + _alternates(session, organisation_id, release)


def _alternates(session: Session, organisation_id: int, release: Who) -> list[Due]:
    query = (
        sa.select(Challenge.ref, Challenge.title, sa.func.min(Invitation.drawn_at))
        .join(Invitation.challenge)
        .where(
            Challenge.organisation_id == organisation_id,
            Challenge.state.in_(OPEN_STATES),
            sa.or_(Challenge.closes_on.is_(None), Challenge.closes_on >= clock.uk_today()),
            Invitation.state == InvitationState.HELD,
            Invitation.drawn_at.is_not(None),
            Invitation.wave_id.is_(None),
        )
        .group_by(Challenge.id)
        .order_by(Challenge.id)
    )
    return [
        Due(
            ref,
            title,
            "Release the next in line",
            f"/department/challenges/{ref}/match/alternates",
            release,
            until(moment),
            waited(moment, "An alternate has waited"),
        )
        for ref, title, moment in session.execute(query)
        if moment is not None
    ]
