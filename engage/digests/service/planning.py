"""Finding the subscriptions whose digest is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.digests.enums import SubscriptionState
from engage.digests.models import Subscription
from engage.digests.service.schedule import last_slot

LAG = timedelta(minutes=2)
"""A publication is seen when its transaction ends, up to a minute after the time it bears. Windows end this
long before the present, so that none falls between two windows.
"""


def due_subscriptions(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the ids of the active subscriptions with a slot since their last digest, oldest first.

    Two statements: one for the schedules in use, one for the subscriptions behind; however many there are.
    """
    schedule = (Subscription.cadence, Subscription.weekday, Subscription.hour)
    active = Subscription.state == SubscriptionState.ACTIVE
    in_use = session.execute(sa.select(*schedule).where(active).distinct()).all()
    behind = [
        sa.and_(
            Subscription.cadence == cadence,
            Subscription.weekday == weekday,
            Subscription.hour == hour,
            Subscription.covered_until < last_slot(now, cadence=cadence, weekday=weekday, hour=hour) - LAG,
        )
        for cadence, weekday, hour in in_use
    ]
    query = sa.select(Subscription.id).where(active, sa.or_(sa.false(), *behind)).order_by(Subscription.id)
    return session.scalars(query).all()


def is_due(found: Subscription, *, now: datetime) -> bool:
    """Tell whether an active subscription has had a slot since its last digest."""
    slot = last_slot(now, cadence=found.cadence, weekday=found.weekday, hour=found.hour)
    return (
        found.state is SubscriptionState.ACTIVE
        and found.covered_until is not None
        and found.covered_until < slot - LAG
    )
