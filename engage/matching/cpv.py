"""Likeness by CPV code, from 0 (other division) to 1 (same category or finer)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from engage.matching.channels import Floats

_DIVISION = 2
_CATEGORY = 5


def significant(code: str) -> str:
    """Return the digits of a CPV code that say something.

    The check digit and trailing zeros are left out; a code keeps at least its
    division (two digits). What is no code gives an empty string.
    """
    found = re.match(r"\s*(\d{2,8})(?:-\d)?\s*$", code)
    if found is None:
        return ""
    digits = found.group(1)
    return digits[:_DIVISION] + digits[_DIVISION:].rstrip("0")


def closeness(one: str, other: str) -> float:
    """Return how near two significant codes are: the levels they share, of four.

    Sharing the division gives 0.25, the group 0.5, the class 0.75, the
    category or more 1. A code matches a finer one as far as it goes itself.
    """
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    return max(0.0, min(shared, _CATEGORY) - 1) / (_CATEGORY - 1)


class CpvIndex:
    """Which statements carry which codes."""

    def __init__(self, codes: Sequence[Sequence[str]]) -> None:
        self._size = len(codes)
        self._codes = [frozenset(filter(None, map(significant, own))) for own in codes]
        holders: dict[str, list[int]] = {}
        for i, own in enumerate(self._codes):
            for code in own:
                holders.setdefault(code, []).append(i)
        self._holders = {code: np.array(rows, np.int64) for code, rows in sorted(holders.items())}

    def closeness(self, asked: Sequence[str]) -> Floats:
        """Return for each statement the nearest it comes to any code asked for."""
        nearest = np.zeros(self._size)
        wanted = sorted(filter(None, map(significant, asked)))
        for code, rows in self._holders.items():
            best = max((closeness(code, other) for other in wanted), default=0.0)
            if best > 0:
                nearest[rows] = np.maximum(nearest[rows], best)
        return nearest

    def shared(self, row: int, asked: Sequence[str]) -> tuple[str, ...]:
        """Return the codes of one statement that come near to a code asked for."""
        wanted = list(filter(None, map(significant, asked)))
        near = (c for c in self._codes[row] if any(closeness(c, other) > 0 for other in wanted))
        return tuple(code.ljust(8, "0") for code in sorted(near))
