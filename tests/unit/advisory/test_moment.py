"""UK times that do not exist, or exist twice, are refused in a clear sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from engage.advisory.forms import moment


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        (date(2027, 3, 28), time(0, 59), datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        (date(2027, 3, 28), time(2, 0), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        (date(2026, 10, 25), time(0, 59), datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 0), datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
        (date(2026, 7, 1), time(14, 30), datetime(2026, 7, 1, 13, 30, tzinfo=UTC)),
    ],
)
def test_ordinary_times_are_taken_as_the_clock_shows_them(day: date, clock: time, utc: datetime) -> None:
    assert moment(day, clock) == utc


@pytest.mark.parametrize("clock", [time(1, 0), time(1, 30), time(1, 59)])
def test_the_hour_the_clocks_skip_is_refused(clock: time) -> None:
    with pytest.raises(
        ValueError, match=r"The clocks skip 1(:30|:59)?am on 28 March 2027: choose another time"
    ):
        moment(date(2027, 3, 28), clock)


@pytest.mark.parametrize("clock", [time(1, 0), time(1, 30), time(1, 59)])
def test_the_hour_the_clocks_show_twice_is_refused(clock: time) -> None:
    words = r"The clocks go back on 25 October 2026 and show 1(:30|:59)?am twice: choose another time"
    with pytest.raises(ValueError, match=words):
        moment(date(2026, 10, 25), clock)
