"""UK time: both changes of the clocks, midnight, midday, and times without a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.kernel.uktime import clock_words, from_uk, to_uk, uk_date, uk_range, uk_time


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year, month, day, hour, minute


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (utc(2026, 3, 3, 14, 30), "Tuesday 3 March 2026 at 2:30pm (UK time)"),
        (utc(2026, 7, 1, 13, 0), "Wednesday 1 July 2026 at 2pm (UK time)"),
        (utc(2026, 1, 5, 0, 0), "Monday 5 January 2026 at midnight (UK time)"),
        (utc(2026, 1, 5, 12, 0), "Monday 5 January 2026 at midday (UK time)"),
        (utc(2026, 1, 5, 0, 5), "Monday 5 January 2026 at 12:05am (UK time)"),
        # The clocks go forward at 01:00 UTC on 29 March 2026 …
        (utc(2026, 3, 29, 0, 59), "Sunday 29 March 2026 at 12:59am (UK time)"),
        (utc(2026, 3, 29, 1, 0), "Sunday 29 March 2026 at 2am (UK time)"),
        # … and back at 01:00 UTC on 25 October 2026: half past one comes twice.
        (utc(2026, 10, 25, 0, 30), "Sunday 25 October 2026 at 1:30am (UK time)"),
        (utc(2026, 10, 25, 1, 30), "Sunday 25 October 2026 at 1:30am (UK time)"),
        (utc(2026, 10, 25, 2, 0), "Sunday 25 October 2026 at 2am (UK time)"),
        # Late in the evening of a summer day in UTC, people here already have the next day.
        (utc(2026, 6, 30, 23, 15), "Wednesday 1 July 2026 at 12:15am (UK time)"),
        (
            datetime(2026, 3, 3, 9, 30, tzinfo=timezone(timedelta(hours=-5))),
            "Tuesday 3 March 2026 at 2:30pm (UK time)",
        ),
    ],
)
def test_uk_time(moment: datetime, words: str) -> None:
    assert uk_time(moment) == words


def test_dates() -> None:
    assert uk_date(date(2026, 3, 3)) == "3 March 2026"
    assert uk_date(date(2026, 3, 3), weekday=True) == "Tuesday 3 March 2026"
    assert uk_date(utc(2026, 6, 30, 23, 15)) == "1 July 2026"


def test_ranges() -> None:
    assert (
        uk_range(utc(2026, 3, 3, 14, 30), utc(2026, 3, 3, 16))
        == "Tuesday 3 March 2026, 2:30pm to 4pm (UK time)"
    )
    assert uk_range(utc(2026, 3, 28, 22), utc(2026, 3, 29, 1)) == (
        "Saturday 28 March 2026, 10pm to Sunday 29 March 2026, 2am (UK time)"
    )


@pytest.mark.parametrize("function", [to_uk, uk_time, uk_date])
def test_a_time_without_a_zone_names_no_moment(function: object) -> None:
    with pytest.raises(ValueError, match="2026-03-03T14:30:00 has no time zone"):
        function(datetime(2026, 3, 3, 14, 30))  # type: ignore[operator]  # noqa: DTZ001  # what must be refused


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        (date(2026, 3, 3), time(14, 30), utc(2026, 3, 3, 14, 30)),
        (date(2026, 7, 1), time(14, 30), utc(2026, 7, 1, 13, 30)),
        (date(2026, 3, 29), time(0, 59), utc(2026, 3, 29, 0, 59)),
        (date(2026, 3, 29), time(2, 0), utc(2026, 3, 29, 1, 0)),
        (date(2026, 10, 25), time(0, 59), utc(2026, 10, 24, 23, 59)),
        (date(2026, 10, 25), time(2, 0), utc(2026, 10, 25, 2, 0)),
    ],
)
def test_from_uk(day: date, clock: time, moment: datetime) -> None:
    assert from_uk(day, clock) == moment


@pytest.mark.parametrize("clock", [time(1, 0), time(1, 30), time(1, 59)])
def test_the_hour_the_clocks_skip_is_refused(clock: time) -> None:
    words = r"^The clocks skip 1(:30|:59)?am on 28 March 2027: choose another time$"
    with pytest.raises(ValueError, match=words):
        from_uk(date(2027, 3, 28), clock)


@pytest.mark.parametrize("clock", [time(1, 0), time(1, 30), time(1, 59)])
def test_the_hour_the_clocks_show_twice_is_refused(clock: time) -> None:
    words = r"^The clocks go back on 25 October 2026 and show 1(:30|:59)?am twice: choose another time$"
    with pytest.raises(ValueError, match=words):
        from_uk(date(2026, 10, 25), clock)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001  # bounds of UTC
def test_there_and_back(moment: datetime) -> None:
    local = to_uk(moment)
    hour = timedelta(hours=1)
    if to_uk(moment - hour).time() == local.time() or to_uk(moment + hour).time() == local.time():
        with pytest.raises(ValueError, match="twice"):
            from_uk(local.date(), local.time())
    else:
        assert from_uk(local.date(), local.time()) == moment


def test_clock_words() -> None:
    assert [clock_words(time(*each)) for each in [(0, 0), (0, 1), (1, 0), (11, 59), (12, 0), (12, 30), (23, 5)]] == [
        "midnight", "12:01am", "1am", "11:59am", "midday", "12:30pm", "11:05pm",
    ]  # fmt: skip
