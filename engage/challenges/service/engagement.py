"""After publication: the engagement starts, ends, and the challenge is closed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.challenges import policy
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.challenges.service.shared import allow, lock, move, note
from engage.kernel.actor import Actor


def start_engaging(session: Session, *, actor: Actor, challenge: Challenge) -> None:
    """Record that conversations with suppliers have begun: ``published`` to ``engaging``, and an audit line.

    Scheduling the first session does it, so facilitators may too. Raises ``NotAllowed``, ``Conflict`` when
    the challenge is not published.
    """
    allow(policy.can_start(actor, challenge), policy.NOT_ONE_OF_YOU)
    _go(session, actor, challenge, ChallengeState.ENGAGING, "engagement_started")


def end_engaging(session: Session, *, actor: Actor, challenge: Challenge) -> None:
    """Record that the last conversation is over: ``engaging`` to ``findings_due``, and an audit line.

    Raises ``NotAllowed``, ``Conflict`` when no engagement is under way.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    _go(session, actor, challenge, ChallengeState.FINDINGS_DUE, "engagement_ended")


def close(session: Session, *, actor: Actor, challenge: Challenge) -> None:
    """Close the challenge, its findings told: ``findings_due`` to ``closed``, and an audit line.

    Raises ``NotAllowed``, ``Conflict`` when no findings are due.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    _go(session, actor, challenge, ChallengeState.CLOSED, "closed")


def _go(session: Session, actor: Actor, challenge: Challenge, state: ChallengeState, action: str) -> None:
    lock(session, challenge)
    move(challenge, state)
    if state is ChallengeState.CLOSED:
        challenge.closed_at = challenge.updated_at
    note(session, actor, challenge, action)
