"""Subscriptions."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from engage.digests.enums import SubscriptionState, Topic
from engage.digests.models import Subscription
from engage.kernel import clock

_numbers = itertools.count(1)


def subscription(session: Session, **values: Any) -> Subscription:
    """An active subscription to everything, weekly on Tuesday at 8am, told everything up to a month ago."""
    now = clock.now()
    columns: dict[str, Any] = {
        "email": f"reader{next(_numbers)}@example.test",
        "topic": Topic.EVERYTHING,
        "state": SubscriptionState.ACTIVE,
        "created_at": now - timedelta(days=30),
        "confirmed_at": now - timedelta(days=30),
        "covered_until": now - timedelta(days=30),
        **values,
    }
    made = Subscription(**columns)
    session.add(made)
    session.flush()
    return made
