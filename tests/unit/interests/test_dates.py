"""When an interest counts: the rule itself, tried with many dates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.interests.enums import COOLING_OFF, Kind
from engage.interests.service.dates import add_months, counts_on, counts_until

DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))
MONTHS = st.integers(0, 60)


@given(DAYS, MONTHS)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@given(DAYS, MONTHS, MONTHS)
def test_more_months_are_never_earlier(day: date, some: int, more: int) -> None:
    few, many = sorted((some, more))
    assert add_months(day, few) <= add_months(day, many)


@given(DAYS, st.integers(0, 4000), MONTHS, DAYS)
def test_it_counts_from_its_first_day_to_the_last_of_its_cooling_off(
    start: date, lasts: int, months: int, day: date
) -> None:
    end = start + timedelta(days=lasts)
    until = counts_until(ends_on=end, cooling_off=months)
    assert until is not None
    assert until >= end
    assert counts_on(day, starts_on=start, until=until) is (start <= day <= until)
    assert counts_on(until, starts_on=start, until=until)
    assert not counts_on(until + timedelta(days=1), starts_on=start, until=until)


@given(DAYS, DAYS, MONTHS)
def test_of_two_ends_the_earlier_counts(one: date, other: date, months: int) -> None:
    assert counts_until(ends_on=one, ended_on=other, cooling_off=months) == add_months(
        min(one, other), months
    )


@given(DAYS, DAYS)
def test_without_an_end_it_counts_for_ever(start: date, day: date) -> None:
    assert counts_until(ends_on=None, cooling_off=24) is None
    assert counts_on(day, starts_on=start, until=None) is (day >= start)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 12, 31), 2, date(2025, 2, 28)),
        (date(2024, 3, 1), 0, date(2024, 3, 1)),
    ],
)
def test_months_that_are_shorter(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


def test_every_kind_has_a_cooling_off_in_range() -> None:
    assert set(COOLING_OFF) == set(Kind)
    assert all(0 < months <= 60 for months in COOLING_OFF.values())
