"""The nearest others of everybody, exactly: every pair is compared once, in blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engage.matching.landscape.arrays import Ints, Tell, Vectors, nobody_listens

BLOCK = 4_096


@dataclass(frozen=True, eq=False)
class Nearest:
    """Of each row the most alike others, best first: their places ``int64[n, k]`` and cosines ``float32[n, k]``."""

    places: Ints
    cosines: npt.NDArray[np.float32]


def nearest(vectors: Vectors, *, count: int, tell: Tell = nobody_listens) -> Nearest:
    """Find the ``count`` most alike others of each row by cosine.

    ``vectors`` as ``unit_rows`` gives them; ``count`` less than their number. Each pair of blocks is multiplied
    once and serves both sides: n²·dim operations for n rows, and a block's square of memory.
    """
    size = len(vectors)
    best = _Best(size, count)
    starts = range(0, size, BLOCK)
    pairs = [(first, second) for first in starts for second in starts if first <= second]
    pairs.sort(key=lambda pair: (pair[1] - pair[0], pair[0]))  # own block first: it sets the bar for the rest
    for done, (first, second) in enumerate(pairs, start=1):
        rows = slice(first, min(first + BLOCK, size))
        columns = slice(second, min(second + BLOCK, size))
        cosines = vectors[rows] @ vectors[columns].T
        if first == second:
            np.fill_diagonal(cosines, -np.inf)
            best.begin(first, cosines)
        else:
            best.offer(first, second, cosines)
            best.offer(second, first, np.ascontiguousarray(cosines.T))
        tell(done, len(pairs))
    return Nearest(best.places, best.cosines)


class _Best:
    """The best found so far of each row."""

    def __init__(self, size: int, count: int) -> None:
        self.count = count
        self.places = np.zeros((size, count), dtype=np.int64)
        self.cosines = np.full((size, count), -np.inf, dtype=np.float32)

    def begin(self, first: int, cosines: npt.NDArray[np.float32]) -> None:
        """Take the best of a block among itself."""
        count = min(self.count, len(cosines) - 1)
        if count == 0:
            return
        top = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        rows = np.repeat(np.arange(len(cosines)), count)
        self._merge(first, rows, top.ravel() + first, cosines[rows, top.ravel()], len(cosines))

    def offer(self, first: int, second: int, cosines: npt.NDArray[np.float32]) -> None:
        """Take from the rows ``second…`` what is better than what the rows ``first…`` have."""
        bar = self.cosines[first : first + len(cosines), -1]
        hits = np.flatnonzero(cosines > bar[:, None])
        if len(hits):
            rows, columns = np.divmod(hits, cosines.shape[1])
            self._merge(first, rows, columns + second, cosines.ravel()[hits], len(cosines))

    def _merge(
        self, first: int, rows: Ints, places: Ints, cosines: npt.NDArray[np.float32], size: int
    ) -> None:
        kept = slice(first, first + size)
        owners = np.concatenate([np.repeat(np.arange(size), self.count), rows])
        all_places = np.concatenate([self.places[kept].ravel(), places])
        all_cosines = np.concatenate([self.cosines[kept].ravel(), cosines])
        order = np.lexsort((all_places, -all_cosines, owners))
        owners = owners[order]
        starts = np.searchsorted(owners, np.arange(size))
        within = np.arange(len(owners)) - starts[owners]
        chosen = order[within < self.count]
        self.places[kept] = all_places[chosen].reshape(size, self.count)
        self.cosines[kept] = all_cosines[chosen].reshape(size, self.count)
