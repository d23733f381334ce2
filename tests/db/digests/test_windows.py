"""Whatever the planner's clock does, each challenge stands in exactly one digest of each subscription."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.digests import service
from engage.digests.enums import Cadence
from engage.digests.models import DigestIssue, Subscription
from engage.digests.service.planning import LAG
from tests.factories import challenges, digests

ITEMS = 6
WEEKS = 3
STARTS = (
    datetime(2026, 3, 16, tzinfo=UTC),  # the clocks go forward on 29 March
    datetime(2026, 10, 12, tzinfo=UTC),  # and back on 25 October
    datetime(2026, 6, 1, tzinfo=UTC),
)
WITHIN = st.integers(0, WEEKS * 7 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
JITTER = st.integers(-240, 240).map(lambda seconds: timedelta(seconds=seconds))
LOOKS = st.lists(st.tuples(WITHIN, st.none() | JITTER), min_size=1, max_size=25)
"""When the planner looks: any time, or (with a jitter) around the slot that follows."""
SCHEDULES = st.tuples(st.sampled_from(Cadence), st.integers(0, 6), st.integers(0, 23))


@pytest.fixture
def items(session: Session) -> list[Challenge]:
    """Challenges that stay open."""
    return [
        challenges.challenge(session, state=ChallengeState.PUBLISHED, closes_on=date(2030, 1, 1))
        for _ in range(ITEMS)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(STARTS),
    schedule=SCHEDULES,
    published=st.lists(WITHIN, min_size=ITEMS, max_size=ITEMS),
    looks=LOOKS,
    orderly=st.booleans(),
)
def test_each_item_is_in_exactly_one_window(
    session: Session,
    items: list[Challenge],
    start: datetime,
    schedule: tuple[Cadence, int, int],
    published: list[timedelta],
    looks: list[tuple[timedelta, timedelta | None]],
    orderly: bool,
) -> None:
    cadence, weekday, hour = schedule
    moments = [_moment(start + after, jitter, schedule) for after, jitter in looks]
    with session.begin_nested() as savepoint:
        for item, after in zip(items, published, strict=True):
            item.published_at = start + after
        found = digests.subscription(
            session, cadence=cadence, weekday=weekday, hour=hour, covered_until=start, confirmed_at=start
        )
        # A clock that is orderly only goes forward; another jumps back and forth as it likes.
        for now in sorted(moments) if orderly else moments:
            with time_machine.travel(now, tick=False):
                service.write_digest(session, subscription_id=found.id, now=now)
        check(session, found, items, start, slots=_slots(start, max(moments), schedule))
        savepoint.rollback()


def check(
    session: Session, found: Subscription, items: list[Challenge], start: datetime, *, slots: int
) -> None:
    """No two windows overlap, no slot has two digests, and what lies before the last end was told once."""
    query = sa.select(DigestIssue).where(DigestIssue.subscription_id == found.id)
    issues = session.scalars(query.order_by(DigestIssue.window_start)).all()
    assert found.covered_until is not None
    edges = [start, *(edge for issue in issues for edge in (issue.window_start, issue.window_end))]
    assert edges == sorted(edges)
    assert found.covered_until >= edges[-1]
    assert len(issues) <= slots
    told = Counter(item["challenge"] for issue in issues if issue.edition for item in issue.edition.items)
    covered = {
        item.id
        for item in items
        if item.published_at is not None and start < item.published_at <= found.covered_until
    }
    assert told == Counter(covered)


def _moment(base: datetime, jitter: timedelta | None, schedule: tuple[Cadence, int, int]) -> datetime:
    cadence, weekday, hour = schedule
    if jitter is None:
        return base
    return service.next_slot(base, cadence=cadence, weekday=weekday, hour=hour) + jitter


def _slots(start: datetime, end: datetime, schedule: tuple[Cadence, int, int]) -> int:
    cadence, weekday, hour = schedule
    if cadence is Cadence.IMMEDIATE:
        return ITEMS  # each thing that happened brings one at most
    number, moment = 0, start + LAG
    while (moment := service.next_slot(moment, cadence=cadence, weekday=weekday, hour=hour)) <= end:
        number += 1
    return number
