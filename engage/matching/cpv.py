"""Likeness by CPV code, from 0 (other division) to 1 (same category or finer)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engage.matching.channels import Floats, Ints

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


@dataclass(frozen=True, slots=True)
class CpvPostings:
    """Which statements carry which codes, code by code.

    ``codes`` are significant and rising; those of ``codes[i]`` are
    ``rows[starts[i]:starts[i + 1]]``, rising.
    """

    codes: npt.NDArray[np.bytes_]
    starts: Ints
    rows: npt.NDArray[np.int32]
    size: int

    @classmethod
    def of(cls, codes: Sequence[Sequence[str]]) -> CpvPostings:
        """Sort the codes of statements; what is no code is left out."""
        holders: dict[bytes, list[int]] = {}
        for row, own in enumerate(codes):
            for code in sorted({*map(significant, own)} - {""}):
                holders.setdefault(code.encode(), []).append(row)
        listed = sorted(holders)
        ends = np.cumsum([len(holders[code]) for code in listed], dtype=np.int64)
        return cls(
            codes=np.array(listed, dtype="S8"),
            starts=np.concatenate([np.zeros(1, np.int64), ends]),
            rows=np.array([row for code in listed for row in holders[code]], dtype=np.int32),
            size=len(codes),
        )

    def closeness(self, asked: Sequence[str]) -> Floats:
        """Return for each statement the nearest it comes to any code asked for."""
        nearest = np.zeros(self.size)
        for place, near in self._near(asked):
            rows = self.rows[self.starts[place] : self.starts[place + 1]]
            nearest[rows] = np.maximum(nearest[rows], near)
        return nearest

    def shared(self, rows: Ints, asked: Sequence[str]) -> dict[int, tuple[str, ...]]:
        """Return of each of these statements the codes that come near to a code asked for."""
        found: dict[int, list[str]] = {row: [] for row in rows.tolist()}
        for place, _ in self._near(asked):
            code = bytes(self.codes[place]).decode().ljust(8, "0")
            holders = self.rows[self.starts[place] : self.starts[place + 1]]
            for row in np.intersect1d(holders, rows).tolist():
                found[row].append(code)
        return {row: tuple(codes) for row, codes in found.items()}

    def _near(self, asked: Sequence[str]) -> list[tuple[int, float]]:
        """Return the places of the codes of the divisions asked for, and how near they come."""
        wanted = sorted({*map(significant, asked)} - {""})
        found: list[tuple[int, float]] = []
        for division in sorted({code[:_DIVISION] for code in wanted}):
            first, last = np.searchsorted(self.codes, np.array([division, f"{division}:"], dtype="S8"))
            for place in range(int(first), int(last)):
                code = bytes(self.codes[place]).decode()
                found.append((place, max(closeness(code, other) for other in wanted)))
        return found
