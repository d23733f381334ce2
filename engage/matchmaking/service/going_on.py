"""A pause costs no supplier its time to answer: while the challenge is away nothing expires, then it starts anew."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges import queries as known
from engage.challenges import service as challenges
from engage.challenges.enums import OPEN_STATES, OVER_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel.actor import System
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.matchmaking.models.invitations import DAYS_TO_ANSWER
from engage.matchmaking.service import letters
from engage.matchmaking.service.invitations import last_moment

_ENDED = (ChallengeState.FINDINGS_DUE, *OVER_STATES)


def comes_back(challenge: Challenge) -> bool:
    """Tell whether nobody can answer now and everybody may later: out of view, or its department is suspended."""
    if challenge.state in OPEN_STATES:
        return not challenge.is_past and not challenge.organisation.verified
    return challenge.state not in _ENDED


def go_on(session: Session, *, challenge_id: int) -> None:
    """Give everybody who was still to answer the whole time anew: that of its wave, at most until the last day.

    Nothing is ever shortened, and nothing happens unless the challenge is open. Side effects, in order: the
    challenge's row locked, then its sent invitations, by id; for each of them the last moment, an audit line, a letter
    to those of its readers whose invitation was not cancelled before it left.
    """
    challenge = challenges.lock(session, known.by_id(session, challenge_id))
    if not challenge.is_open:
        return
    query = (
        sa.select(Invitation)
        .where(Invitation.challenge_id == challenge.id, Invitation.state == InvitationState.SENT)
        .order_by(Invitation.id)
        .with_for_update(of=Invitation, key_share=True)
        .execution_options(populate_existing=True)
    )
    for invitation in session.scalars(query).all():
        days = invitation.wave.days_to_answer if invitation.wave else DAYS_TO_ANSWER
        until = last_moment(challenge, days=days)
        if invitation.expires_at is not None and invitation.expires_at >= until:
            continue
        invitation.expires_at = until
        session.flush()
        audit.record(
            session,
            actor=System(),
            tag="matchmaking:invitation:more_time",
            subject=f"invitation:{invitation.ref}",
            challenge=challenge.ref,
            supplier=invitation.supplier.ref,
            expires_at=until.isoformat(),
        )
        letters.tell_more_time(session, invitation=invitation)


def go_on_everywhere(session: Session, *, organisation_id: int) -> None:
    """Do as ``go_on`` does for every challenge of a department that may act again."""
    query = sa.select(Challenge.id).where(
        Challenge.organisation_id == organisation_id, Challenge.state.in_(OPEN_STATES)
    )
    for challenge_id in session.scalars(query.order_by(Challenge.id)).all():
        go_on(session, challenge_id=challenge_id)
