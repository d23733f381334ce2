"""What matchmaking does when something happens elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.events import OrganisationVerified
from engage.challenges import queries as challenges
from engage.challenges.events import (
    ChallengeChanged,
    ChallengeEndedEarly,
    ChallengePublished,
    ChallengeWithdrawn,
    EngagementResumed,
    ReviewRequested,
)
from engage.kernel import jobs
from engage.kernel.actor import System
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import (
    RUN_FOR,
    commit_to_lottery,
    embed_soon,
    go_on,
    go_on_everywhere,
    supersede,
    withdraw,
)
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
    reason = f"The challenge was withdrawn. The department's reason: {challenge.withdrawn_reason}"
    for invitation in session.scalars(query.order_by(Invitation.id)).all():
        withdraw(session, actor=System(), invitation=invitation, reason=reason)


def on_challenge_ended_early(session: Session, event: ChallengeEndedEarly) -> None:
    """Take back the invitations that nobody has answered: nobody can take part any more."""
    challenge = challenges.by_id(session, event.challenge_id)
    query = sa.select(Invitation).where(
        Invitation.challenge_id == challenge.id,
        Invitation.state.in_((InvitationState.HELD, InvitationState.SENT)),
    )
    reason = f"The engagement ended early. The department's reason: {challenge.ended_early_reason}"
    for invitation in session.scalars(query.order_by(Invitation.id)).all():
        withdraw(session, actor=System(), invitation=invitation, reason=reason)


def on_challenge_changed(session: Session, _event: ChallengeChanged) -> None:
    """Have the vector of the new text computed; a match that was made stays that of the text it was made with."""
    embed_soon(session)


def on_engagement_resumed(session: Session, event: EngagementResumed) -> None:
    """Give who was still to answer the whole time anew."""
    go_on(session, challenge_id=event.challenge_id)


def on_organisation_verified(session: Session, event: OrganisationVerified) -> None:
    """Do the same for every open challenge of a department whose suspension was lifted."""
    go_on_everywhere(session, organisation_id=event.organisation_id)
