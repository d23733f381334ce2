"""Working days in England and Wales: Monday to Friday without the bank holidays.

The yearly bank holidays follow rules and are computed; those proclaimed for one year only are listed, and
have to be added here when a new one is proclaimed.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

SATURDAY = 5
_DAY = timedelta(days=1)

PROCLAIMED = frozenset(
    {date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)}  # jubilee, state funeral, coronation
)
_MOVED = {date(2020, 5, 4): date(2020, 5, 8), date(2022, 5, 30): date(2022, 6, 2)}  # moved by proclamation


def is_workday(day: date) -> bool:
    """Tell whether people are expected to work on ``day``."""
    return day.weekday() < SATURDAY and day not in bank_holidays(day.year)


def workdays_between(first: date, last: date) -> int:
    """Return how many working days lie after ``first`` up to and including ``last``; 0 when there are none.

    A thing that came in on Friday is one working day old on Monday.
    """
    return sum(is_workday(first + _DAY * count) for count in range(1, (last - first).days + 1))


def workday_after(day: date, count: int) -> date:
    """Return the day on which something of ``day`` is ``count`` working days old."""
    while count > 0:
        day += _DAY
        count -= is_workday(day)
    return day


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """Return the bank holidays of ``year``, substitute days included."""
    easter = easter_sunday(year)
    found = {
        _not_before(date(year, 1, 1)),
        easter - 2 * _DAY,
        easter + _DAY,
        _monday_from(date(year, 5, 1)),
        _monday_from(date(year, 5, 25)),
        _monday_from(date(year, 8, 25)),
    }
    christmas = _not_before(date(year, 12, 25))
    boxing = date(year, 12, 26)
    while boxing.weekday() >= SATURDAY or boxing == christmas:
        boxing += _DAY
    found |= {christmas, boxing}
    return frozenset(
        {_MOVED.get(day, day) for day in found} | {day for day in PROCLAIMED if day.year == year}
    )


def _not_before(day: date) -> date:
    """Return ``day``, or the Monday after when it falls on a weekend."""
    return _monday_from(day) if day.weekday() >= SATURDAY else day


def _monday_from(day: date) -> date:
    """Return the first Monday on or after ``day``."""
    return day + _DAY * (-day.weekday() % 7)


def easter_sunday(year: int) -> date:
    """Return Easter Sunday, by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leap_centuries, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - correction + 15) % 30
    leap_years, year_rest = divmod(rest, 4)
    weekday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
