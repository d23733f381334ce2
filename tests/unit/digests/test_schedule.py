"""Slots: the right hour on UK clocks, also on the days on which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.digests.enums import Cadence
from engage.digests.service.schedule import in_words, last_slot, next_slot
from engage.kernel.clock import UK

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
SCHEDULES = st.fixed_dictionaries(
    {
        "cadence": st.sampled_from([Cadence.DAILY, Cadence.WEEKLY]),
        "weekday": st.integers(0, 6),
        "hour": st.integers(0, 23),
    }
)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-03-03T08:00:00+00:00", "2026-03-03T08:00:00+00:00"),  # the moment itself
        ("2026-03-03T07:59:59+00:00", "2026-02-24T08:00:00+00:00"),
        ("2026-03-31T12:00:00+00:00", "2026-03-31T07:00:00+00:00"),  # 8am in summer time
        ("2026-03-31T06:59:59+00:00", "2026-03-24T08:00:00+00:00"),
    ],
)
def test_weekly_slots_keep_the_hour_of_uk_clocks(now: str, slot: str) -> None:
    found = last_slot(datetime.fromisoformat(now), cadence=Cadence.WEEKLY, weekday=1, hour=8)
    assert found == datetime.fromisoformat(slot)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-03-29T00:59:00+00:00", "2026-03-28T01:00:00+00:00"),
        ("2026-03-29T01:00:00+00:00", "2026-03-29T01:00:00+00:00"),  # 1am does not exist: 2am summer time
        ("2026-10-25T00:00:00+00:00", "2026-10-25T00:00:00+00:00"),  # the first of the two 1ams
        ("2026-10-25T01:00:00+00:00", "2026-10-25T00:00:00+00:00"),  # the second is no slot
    ],
)
def test_an_hour_that_is_skipped_or_comes_twice_is_one_slot(now: str, slot: str) -> None:
    found = last_slot(datetime.fromisoformat(now), cadence=Cadence.DAILY, weekday=0, hour=1)
    assert found == datetime.fromisoformat(slot)


@given(now=MOMENTS, schedule=SCHEDULES)
def test_slots_follow_one_another_without_gap(now: datetime, schedule: dict[str, object]) -> None:
    last = last_slot(now, **schedule)  # type: ignore[arg-type]  # drawn with the right types
    following = next_slot(now, **schedule)  # type: ignore[arg-type]  # drawn with the right types
    assert last <= now < following
    assert last_slot(following, **schedule) == following  # type: ignore[arg-type]  # drawn with the right types
    assert last_slot(following - timedelta(seconds=1), **schedule) == last  # type: ignore[arg-type]  # as above


@given(now=MOMENTS, schedule=SCHEDULES)
def test_a_year_of_daily_slots_has_one_for_each_day(now: datetime, schedule: dict[str, object]) -> None:
    daily = {**schedule, "cadence": Cadence.DAILY}
    slot, days = now, []
    for _ in range(370):
        slot = next_slot(slot, **daily)  # type: ignore[arg-type]  # drawn with the right types
        days.append(slot.astimezone(UK).date())
    assert days == [days[0] + timedelta(days=number) for number in range(370)]


def test_a_schedule_in_words() -> None:
    assert in_words(cadence=Cadence.WEEKLY, weekday=1, hour=8) == "every Tuesday at 8am"
    assert in_words(cadence=Cadence.DAILY, weekday=1, hour=12) == "every day at midday"
