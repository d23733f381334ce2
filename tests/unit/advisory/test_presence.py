"""On which day somebody came or went, when only the time of day was said."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from engage.advisory.models import AdvisorySession
from engage.advisory.service import day_of


@pytest.mark.parametrize(
    ("begins", "hours", "at", "day"),
    [
        ("14:00", 1, "14:00", 3),
        ("14:00", 1, "13:10", 3),
        ("14:00", 1, "20:30", 3),
        ("14:00", 1, "09:00", 3),  # impossible: the day of the session
        ("22:50", 1.5, "22:50", 3),
        ("22:50", 1.5, "22:20", 3),  # early for a session over midnight
        ("22:50", 1.5, "00:20", 4),
        ("23:00", 0.5, "00:10", 4),  # late from a session before midnight
        ("23:00", 0.5, "05:30", 4),  # the last moment at which somebody can have left
        ("23:00", 0.5, "05:31", 3),
        ("00:00", 1, "23:50", 2),  # early for a session from midnight
        ("00:00", 1, "00:30", 3),
    ],
)
def test_the_first_day_on_which_it_can_have_been(begins: str, hours: float, at: str, day: int) -> None:
    start = datetime.combine(date(2026, 3, 3), time.fromisoformat(begins), tzinfo=UTC)
    meeting = AdvisorySession(starts_at=start, ends_at=start + timedelta(hours=hours))
    assert day_of(meeting, time.fromisoformat(at)).day == day


def test_a_day_is_one_of_uk_clocks() -> None:
    start = datetime(2026, 6, 3, 22, 30, tzinfo=UTC)  # 23:30 in the United Kingdom
    meeting = AdvisorySession(starts_at=start, ends_at=start + timedelta(hours=1))
    assert (day_of(meeting, time(23, 30)).day, day_of(meeting, time(0, 20)).day) == (3, 4)
