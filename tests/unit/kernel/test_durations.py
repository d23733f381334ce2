"""How long something lasted, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engage.kernel.uktime import duration_words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(days=3, hours=4, minutes=59), "3 days 4 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, minutes=30), "2 days"),
        (timedelta(hours=1, minutes=1), "1 hour 1 minute"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(minutes=25, seconds=59), "25 minutes"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_the_two_largest_units_are_said(span: timedelta, words: str) -> None:
    assert duration_words(span) == words
