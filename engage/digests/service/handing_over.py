"""What waited for a subscription that ended: the others of its address tell it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.digests.enums import SubscriptionState, Topic
from engage.digests.models import DigestIssue, Subscription
from engage.digests.service.planning import LAG
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter


def lock_address(session: Session, email: str) -> None:
    """Lock all subscriptions of an address, in the order in which runs do."""
    own = sa.select(Subscription.id).where(sa.func.lower(Subscription.email) == email.lower())
    session.execute(own.order_by(Subscription.id).with_for_update())


def hand_over(session: Session, ended: Subscription) -> None:
    """Let the other subscriptions of an address tell what digests of ``ended`` would have told and were cancelled.

    Each thing is told once to an address, so the others passed over what this one took. Side effect: where the active
    ones have been told up to goes back to where the earliest of these digests began, not before they were asked for;
    what the address was told by other digests is not told again. Call ``lock_address`` before.
    """
    if ended.confirmed_at is None:
        return
    query = (
        sa.select(sa.func.min(DigestIssue.window_start))
        .join(Letter, Letter.id == DigestIssue.letter_id)
        .where(
            DigestIssue.subscription_id == ended.id,
            DigestIssue.edition_id.is_not(None),
            DigestIssue.created_at >= ended.confirmed_at,
            Letter.state == LetterState.CANCELLED,
        )
    )
    unsent = session.scalar(query)
    if unsent is None:
        return
    since = sa.func.greatest(unsent, Subscription.confirmed_at - LAG)
    others = sa.update(Subscription).where(
        sa.func.lower(Subscription.email) == ended.email.lower(),
        Subscription.state == SubscriptionState.ACTIVE,
        Subscription.topic != Topic.NEEDS,
        Subscription.covered_until > since,
    )
    session.execute(others.values(covered_until=since), execution_options={"synchronize_session": "fetch"})
