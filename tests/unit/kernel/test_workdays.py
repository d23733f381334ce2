"""Working days in England and Wales."""

from __future__ import annotations

from datetime import date

import pytest

from engage.kernel.workdays import bank_holidays, easter_sunday, is_workday, workdays_between

# As published by the government for England and Wales.
PUBLISHED = {
    2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
    2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
    2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
    2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
    2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_those_published(year: int) -> None:
    assert sorted(bank_holidays(year)) == [
        date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year].split()
    ]


def test_easter_of_known_years() -> None:
    known = [date(1961, 4, 2), date(2000, 4, 23), date(2008, 3, 23), date(2038, 4, 25), date(2049, 4, 18)]
    assert [easter_sunday(day.year) for day in known] == known


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), 0),  # the same Friday
        (date(2026, 11, 20), date(2026, 11, 22), 0),  # to Sunday
        (date(2026, 11, 20), date(2026, 11, 23), 1),  # to Monday
        (date(2026, 11, 21), date(2026, 11, 23), 1),  # from Saturday
        (date(2026, 12, 24), date(2026, 12, 29), 1),  # Christmas: Friday and Monday are holidays
        (date(2026, 4, 2), date(2026, 4, 7), 1),  # Easter
        (date(2026, 12, 31), date(2027, 1, 4), 1),  # over the year
        (date(2026, 11, 23), date(2026, 11, 20), 0),  # backwards
    ],
)
def test_working_days_between(first: date, last: date, days: int) -> None:
    assert workdays_between(first, last) == days


def test_a_working_day() -> None:
    assert [is_workday(date(2026, 11, day)) for day in range(20, 25)] == [True, False, False, True, True]
