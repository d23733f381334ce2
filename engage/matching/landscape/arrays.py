"""The shapes that the landscape works with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
"""``float32[n, dim]``, each row of length 1, or all zeros for a supplier of which nothing is known."""
Places = npt.NDArray[np.float64]
"""``float64[n, 2]``."""
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Tell = Callable[[int, int], None]
"""Told ``(done, of)`` now and then."""


def nobody_listens(_done: int, _of: int) -> None:
    """Take a report of progress and do nothing."""


def unit_rows(vectors: npt.NDArray[Any]) -> Vectors:
    """Return rows of length 1 as ``float32``; rows of zeros stay."""
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    made: Vectors = rows / np.maximum(lengths, np.float32(1e-12))
    return made
