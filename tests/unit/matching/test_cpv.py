"""Likeness by CPV code."""

from __future__ import annotations

import numpy as np
import pytest

from engage.matching.cpv import CpvPostings, closeness, significant


@pytest.mark.parametrize(
    ("code", "digits"),
    [
        ("72000000", "72"),
        ("72000000-5", "72"),
        (" 72212517 ", "72212517"),
        ("30000000", "30"),
        ("30100000", "301"),
        ("72", "72"),
        ("", ""),
        ("IT services", ""),
        ("720000000", ""),
    ],
)
def test_the_digits_that_say_something(code: str, digits: str) -> None:
    assert significant(code) == digits


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("72", "72", 0.25),
        ("72", "72212517", 0.25),
        ("722", "72212517", 0.5),
        ("7221", "7222", 0.5),
        ("72212", "72212517", 1.0),
        ("72212517", "72212517", 1.0),
        ("72", "73", 0.0),
        ("72", "", 0.0),
    ],
)
def test_levels_shared(one: str, other: str, near: float) -> None:
    assert closeness(one, other) == closeness(other, one) == near


def test_each_statement_gets_its_nearest_code() -> None:
    index = CpvPostings.of([("72000000", "38421100"), ("45000000",), (), ("nonsense",)])
    assert index.closeness(("38422000", "72212517")).tolist() == [0.75, 0.0, 0.0, 0.0]
    assert index.shared(np.array([0, 1]), ("38422000",)) == {0: ("38421100",), 1: ()}
    assert index.closeness(()).tolist() == [0.0] * 4
