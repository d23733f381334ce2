"""Subscriptions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from engage.digests.enums import SubscriptionState, Topic
from engage.digests.models import DigestEdition, DigestIssue, DigestRun, Subscription
from engage.kernel import clock
from engage.outbox.models import Letter

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


def issue(session: Session, found: Subscription, *, letter: Letter, told: Sequence[int] = ()) -> DigestIssue:
    """A digest of last week that told of these challenges, in a run that is done."""
    end = clock.now() - timedelta(days=next(_numbers) / 1000)
    start = end - timedelta(days=7)
    run = DigestRun(
        cadence=found.cadence,
        weekday=found.weekday,
        hour=found.hour,
        slot=end,
        window_start=start,
        window_end=end,
        opened_at=end,
        finished_at=end,
    )
    items = [{"challenge": number, "kind": "open", "version": 1} for number in told]
    edition = DigestEdition(run_id=0, key="made", challenge_ids=list(told), items=items)
    session.add(run)
    session.flush()
    edition.run_id = run.id
    session.add(edition)
    session.flush()
    made = DigestIssue(
        run_id=run.id,
        edition_id=edition.id,
        subscription_id=found.id,
        window_start=start,
        window_end=end,
        letter_id=letter.id,
        created_at=end,
    )
    session.add(made)
    session.flush()
    return made
