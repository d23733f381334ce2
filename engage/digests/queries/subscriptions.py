"""Reading subscriptions, and saying what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.digests.enums import SubscriptionState, Topic
from engage.digests.models import Subscription
from engage.kernel.errors import NotFound


def subscription(session: Session, subscription_id: int) -> Subscription:
    """Return one subscription. Raises ``NotFound``."""
    found = session.get(Subscription, subscription_id)
    if found is None:
        raise NotFound
    return found


def of_address(session: Session, email: str) -> Sequence[Subscription]:
    """Return the subscriptions of an address that have not ended, oldest first."""
    query = sa.select(Subscription).where(
        sa.func.lower(Subscription.email) == email.lower(), Subscription.state != SubscriptionState.ENDED
    )
    return session.scalars(query.order_by(Subscription.id)).all()


def active(session: Session, subscription_ids: Sequence[int]) -> Sequence[Subscription]:
    """Return those of the subscriptions that have not ended, by id."""
    query = sa.select(Subscription).where(
        Subscription.id.in_(subscription_ids), Subscription.state == SubscriptionState.ACTIVE
    )
    return session.scalars(query.order_by(Subscription.id)).all()


def about(session: Session, wanted: Subscription) -> str:
    """Return what a subscription is about: "all new challenges", "new challenges from …", "… about “…”"."""
    return abouts(session, [wanted])[wanted.id]


def abouts(session: Session, subscriptions: Sequence[Subscription]) -> dict[int, str]:
    """Return ``about`` of each subscription by its id; one statement, and only when departments are among
    them.
    """
    with_names = any(one.topic is Topic.DEPARTMENT for one in subscriptions)
    names = {str(each.id): each.name for each in accounts.departments(session)} if with_names else {}
    return {one.id: _in_words(one, names) for one in subscriptions}


def _in_words(wanted: Subscription, names: Mapping[str, str]) -> str:
    if wanted.topic is Topic.SEARCH:
        return f"new challenges about “{wanted.value}”"
    if wanted.topic is Topic.DEPARTMENT:
        return f"new challenges from {names.get(wanted.value, 'one department')}"
    return "all new challenges"
