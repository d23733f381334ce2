"""What people of a department have to do about invitations."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.due import Due, Who, until, waited
from engage.matchmaking.enums import RunState
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.policy import MatchmakingPermission


def due(session: Session, *, organisation_id: int) -> list[Due]:
    """Return the open challenges of a department that were matched and from which nobody is invited yet.

    One statement.
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
    return [
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
