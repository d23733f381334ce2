"""What matchmaking does when something happens elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges import queries as challenges
from engage.challenges.events import ChallengePublished, ChallengeWithdrawn, ReviewRequested
from engage.kernel import jobs
from engage.kernel.actor import System
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import RUN_FOR, commit_to_lottery, embed_soon, supersede, withdraw
from engage.suppliers.events import StatementsChanged

STANDING = (InvitationState.HELD, InvitationState.SENT, InvitationState.ACCEPTED)


def on_statements_changed(session: Session, _event: StatementsChanged) -> None:
    """Have the vectors of new texts computed."""
    embed_soon(session)


def on_review_requested(session: Session, _event: ReviewRequested) -> None:
    """Have the vector of the submitted text computed, so that the match is quick once it is approved."""
    embed_soon(session)


def on_challenge_published(session: Session, event: ChallengePublished) -> None:
    """Commit to a lottery that nobody can choose any more, and have suppliers matched to what was published."""
    challenge = challenges.by_id(session, event.challenge_id)
    commit_to_lottery(session, actor=System(), challenge=challenge)
    once = f"{RUN_FOR}:{event.challenge_id}"
    jobs.defer(session, RUN_FOR, once=once, challenge_id=event.challenge_id)


def on_challenge_withdrawn(session: Session, event: ChallengeWithdrawn) -> None:
    """Put the match aside and take back every invitation that still stands."""
    challenge = challenges.by_id(session, event.challenge_id)
    supersede(session, actor=System(), challenge=challenge)
    query = sa.select(Invitation).where(
        Invitation.challenge_id == challenge.id, Invitation.state.in_(STANDING)
    )
    for invitation in session.scalars(query.order_by(Invitation.id)).all():
        withdraw(session, actor=System(), invitation=invitation, reason="The challenge was withdrawn.")
