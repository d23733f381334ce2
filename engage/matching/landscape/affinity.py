"""Who is drawn to whom, and how much: the likeness of nearest neighbours as probabilities.

As in L. van der Maaten and G. Hinton, "Visualizing data using t-SNE", JMLR 9 (2008): everybody spreads the same
attention (perplexity) over its neighbours, whether these are very much like it or hardly.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import sparse

from engage.matching.landscape.arrays import Floats, Ints
from engage.matching.landscape.neighbours import Nearest

_STEPS = 50
_WIDEST = 30.0


def affinities(near: Nearest, *, perplexity: float) -> sparse.csr_matrix:
    """Return the symmetric matrix of attraction, ``float64[n, n]``, which sums to 1."""
    size, count = near.places.shape
    told = attention(2.0 - 2.0 * near.cosines.astype(np.float64), perplexity=min(perplexity, count))
    ends = np.arange(size + 1) * count
    one_way = sparse.csr_matrix((told.ravel(), near.places.ravel(), ends), shape=(size, size))
    both = (one_way + one_way.T).tocsr()
    both.sort_indices()
    return both / both.sum()


def attention(distances: Floats, *, perplexity: float) -> Floats:
    """Spread the attention of each row over its neighbours by their squared distances; each row sums to 1.

    The width of each row is found by bisection so that the entropy is that of ``perplexity`` equal neighbours.
    """
    above = distances - distances.min(axis=1, keepdims=True)
    target = math.log(max(perplexity, 1.0))
    low, high = np.full(len(above), -_WIDEST), np.full(len(above), _WIDEST)
    shares: Floats = np.full_like(above, 1.0 / above.shape[1])
    for _ in range(_STEPS):
        middle = (low + high) / 2
        weights = np.exp(-above * np.exp(middle)[:, None])
        shares = weights / weights.sum(axis=1, keepdims=True)
        entropy = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=1)
        wide = entropy > target
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return shares


def row_numbers(matrix: sparse.csr_matrix) -> Ints:
    """Return the row of each stored number of a matrix."""
    rows: Ints = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return rows
