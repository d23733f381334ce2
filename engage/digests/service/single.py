"""One digest by itself, and what all that are due would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.digests.enums import SubscriptionState
from engage.digests.models import DigestIssue, Subscription
from engage.digests.service.choosing import Chosen
from engage.digests.service.news import read_news
from engage.digests.service.planning import (
    Schedule,
    due,
    run_for,
    slot_of,
    slots_due,
    take_turn,
    window_end,
)
from engage.digests.service.wanting import filter_of
from engage.digests.service.writing import Desk, choose_for, write


@dataclass(frozen=True)
class Digest:
    """A digest that was due: its window, what it told (nothing, often), and the letter it went out with."""

    window_start: datetime
    window_end: datetime
    issue: DigestIssue | None

    @property
    def challenge_ids(self) -> Sequence[int]:
        """The challenges it told of, in order; each once."""
        items = self.issue.edition.items if self.issue and self.issue.edition else []
        return list(dict.fromkeys(item["challenge"] for item in items))

    @property
    def letter_id(self) -> int | None:
        """The letter; ``None`` when there was nothing to say."""
        return self.issue.letter_id if self.issue else None


def write_digest(session: Session, *, subscription_id: int, now: datetime) -> Digest | None:
    """Write the digest of one subscription if it is due at ``now``; ``None`` when it is not, or no longer.

    Exactly what the run of its schedule does for it, and within that run. Side effects: as ``write``.
    """
    take_turn(session)
    found = session.get(Subscription, subscription_id, with_for_update=True, populate_existing=True)
    if found is None or found.state is not SubscriptionState.ACTIVE or found.covered_until is None:
        return None
    start, schedule = found.covered_until, Schedule.of(found)
    slot = slot_of(session, schedule, now=now, since=start)
    own = sa.select(Subscription.id).where(Subscription.id == found.id)
    if slot is None or session.scalar(own.where(due(schedule, slot))) is None:
        return None
    run = run_for(session, schedule, slot=slot, since=start, now=now, again=True)
    if run is None or start >= run.window_end:
        return None
    write(session, run=run, subscriptions=[found], desk=Desk(run.id))
    session.refresh(found, ["covered_until"])
    if found.covered_until == start:
        return None  # on holiday
    query = sa.select(DigestIssue).where(
        DigestIssue.subscription_id == found.id, DigestIssue.run_id == run.id
    )
    return Digest(start, run.window_end, session.scalar(query))


def drafts(session: Session, *, now: datetime) -> list[Chosen]:
    """Return the digests that are due at ``now`` as they would be written; reads only."""
    found: list[Chosen] = []
    end = window_end(now)
    for schedule, slot, since in slots_due(session, now=now):
        query = sa.select(Subscription).where(due(schedule, slot, end=end))
        subscriptions = session.scalars(query.order_by(Subscription.id)).all()
        news = read_news(session, after=since, until=end, filters={filter_of(one) for one in subscriptions})
        found += choose_for(session, subscriptions, news=news, end=end)
    return found
