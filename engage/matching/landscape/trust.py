"""How far one may trust that neighbours in the picture are neighbours in meaning.

J. Venna and S. Kaski, "Neighborhood preservation in nonlinear projection methods: an experimental study", ICANN 2001:
``T(k) = 1 - 2 / (n k (2n - 3k - 1)) · Σ_i Σ_{j in U_k(i)} (r(i, j) - k)``, where ``U_k(i)`` are those of the k
neighbours of i in the picture that are none of its k neighbours in meaning, and ``r(i, j)`` is the rank of j by
likeness to i. 1: no false neighbour; about 0.5: places by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are imported when they are first used: only who draws needs them

from engage.matching.landscape.arrays import Ints, Places, Tell, Vectors, nobody_listens

NEIGHBOURS = 15
SAMPLE = 1_000
"""From more suppliers on, the sum runs over so many of them, drawn once by the seed."""
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Trust:
    """Trustworthiness ``value`` for ``neighbours`` (k), measured for ``sampled`` of the suppliers."""

    value: float
    neighbours: int
    sampled: int


def trustworthiness(
    vectors: Vectors,
    places: Places,
    *,
    neighbours: int = NEIGHBOURS,
    sample: int = SAMPLE,
    seed: int = 0,
    tell: Tell = nobody_listens,
) -> Trust | None:
    """Measure a picture; ``None`` for fewer than five suppliers, for whom there is nothing to get wrong.

    ``vectors`` as ``unit_rows`` gives them. For few suppliers ``neighbours`` is lowered to what the formula allows
    (less than half of them); beyond ``sample`` suppliers the false neighbours of a sample are counted, each with its
    rank among all.
    """
    size = len(vectors)
    k = min(neighbours, (size - 1) // 2)
    if k < 2:
        return None
    rows = np.arange(size)
    if size > sample:
        rows = np.sort(np.random.default_rng(seed).choice(size, sample, replace=False))
    near = _neighbours_of(places, rows, k)
    too_far = 0
    for start in range(0, len(rows), _AT_ONCE):
        chunk = slice(start, start + _AT_ONCE)
        ranks = _ranks(vectors, rows[chunk], near[chunk])
        too_far += int(np.maximum(ranks - k, 0).sum())
        tell(min(start + _AT_ONCE, len(rows)), len(rows))
    value = 1 - 2 / (len(rows) * k * (2 * size - 3 * k - 1)) * too_far
    return Trust(value, k, len(rows))


def _neighbours_of(places: Places, rows: Ints, count: int) -> Ints:
    """Return the ``count`` nearest others in the picture of some rows."""
    _, found = scipy.spatial.KDTree(places).query(places[rows], k=count + 1)
    own = found == rows[:, None]
    own[~own.any(axis=1), -1] = True  # as many stand on the same place: the last one gives way
    kept: Ints = found[~own].reshape(len(rows), count)
    return kept


def _ranks(vectors: Vectors, rows: Ints, others: Ints) -> Ints:
    """Return the rank of each of ``others`` by likeness to its row: 1 for the most alike. Ties count for them."""
    cosines: npt.NDArray[np.float32] = vectors[rows] @ vectors.T
    own = np.arange(len(rows))
    asked = np.take_along_axis(cosines, others, axis=1)
    cosines[own, rows] = -np.inf
    cosines.sort(axis=1)
    size = cosines.shape[1]
    found = [
        size - np.searchsorted(line, wanted, side="right") + 1
        for line, wanted in zip(cosines, asked, strict=True)
    ]
    ranks: Ints = np.array(found, dtype=np.int64)
    return ranks
