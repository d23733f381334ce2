"""Which suppliers stand together: hills of density in the picture, the flattest ones joined to their neighbours.

Persistence-based clustering (F. Chazal and others, "Persistence-based clustering in Riemannian manifolds", JACM 60,
2013) on a grid: what the eye takes for one island is one cluster, and islands are told apart by how deep the sea
between them is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are imported when they are first used: only who draws needs them

from engage.matching.landscape.arrays import Floats, Ints, Places
from engage.matching.landscape.frame import HEIGHT, WIDTH

MOST = 24
_CELL = 10.0
_COLUMNS, _ROWS = round(WIDTH / _CELL), round(HEIGHT / _CELL)
_SEA = 0.05
"""Where the density between two hills falls below this part of the lower one's, they are islands."""
_AROUND = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]


@dataclass(frozen=True, eq=False)
class Clusters:
    """The cluster of each supplier, ``int64[n]`` from 0, and the densest place of each cluster."""

    of: Ints
    centres: Places


def how_many(size: int) -> int:
    """Return how many clusters a picture of so many suppliers has at most."""
    return int(np.clip(round(3.0 * size**0.26), 1, MOST))


def clusters_of(places: Places) -> Clusters:
    """Find the clusters of a picture in the frame; the largest first."""
    size = len(places)
    most = how_many(size)
    cells = np.minimum((places / _CELL).astype(np.int64), [_COLUMNS - 1, _ROWS - 1])
    cells = np.maximum(cells, 0)
    numbers = cells[:, 1] * _COLUMNS + cells[:, 0]
    counts = np.bincount(numbers, minlength=_ROWS * _COLUMNS).reshape(_ROWS, _COLUMNS).astype(np.float64)
    width = float(np.clip(3.2 * (300 / max(size, 1)) ** 0.12, 1.5, 5.0))
    density = scipy.ndimage.gaussian_filter(counts, width, mode="constant", truncate=6.0)
    hills, merges = _hills(density)
    least = max(3, size // (4 * most))
    of = _joined(hills[numbers], merges, most=most, least=least)
    of = _ashore(places, of, most=most, least=least)
    peaks, found, members = np.unique(of, return_inverse=True, return_counts=True)
    order = np.argsort(-members, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    rows, columns = np.divmod(peaks[order], _COLUMNS)
    return Clusters(rank[found], (np.column_stack([columns, rows]) + 0.5) * _CELL)


def _hills(density: Floats) -> tuple[Ints, list[tuple[float, int, int]]]:
    """Return the hill of each cell, named by its highest cell, and the merges ``(persistence, lower, higher)``.

    From the highest cell down, a cell belongs to the highest hill beside it, or is the top of a new one; where two
    hills meet, the lower one ends, having persisted from its top down to there. Hills with sea between them do not
    meet.
    """
    flat = density.ravel()
    hill = np.full(flat.size, -1, dtype=np.int64)
    root: dict[int, int] = {}
    merges: list[tuple[float, int, int]] = []
    for cell in np.argsort(-flat, kind="stable").tolist():
        row, column = divmod(cell, _COLUMNS)
        beside = {
            int(hill[(row + down) * _COLUMNS + column + right])
            for down, right in _AROUND
            if 0 <= row + down < _ROWS and 0 <= column + right < _COLUMNS
        } - {-1}
        if not beside:
            root[cell] = cell
            hill[cell] = cell
            continue
        tops = sorted({_root(root, each) for each in beside}, key=lambda top: (-flat[top], top))
        hill[cell] = max(beside, key=lambda each: (flat[each], -each))
        for lower in tops[1:]:
            root[lower] = tops[0]
            if flat[cell] >= _SEA * flat[lower]:
                merges.append((float(flat[lower] - flat[cell]), lower, tops[0]))
    return hill, merges


def _joined(own: Ints, merges: list[tuple[float, int, int]], *, most: int, least: int) -> Ints:
    """Return the hill of each supplier once the flattest are joined to others, and those with fewer than ``least``."""
    members = np.bincount(own, minlength=_ROWS * _COLUMNS)
    root = {top: top for top in {*own.tolist(), *(top for _, low, high in merges for top in (low, high))}}
    left = len(root)
    for _, lower, higher in sorted(merges):
        low, high = _root(root, lower), _root(root, higher)
        if low != high and (left > most or min(members[low], members[high]) < least):
            root[low] = high
            members[high] += members[low]
            left -= 1
    return np.array([_root(root, top) for top in own.tolist()], dtype=np.int64)


def _ashore(places: Places, of: Ints, *, most: int, least: int) -> Ints:
    """Give those on islands too small, or beyond the largest ``most``, to the cluster of whoever stands nearest."""
    tops, counts = np.unique(of, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    large = [int(tops[i]) for i in order[:most] if counts[i] >= least] or [int(tops[order[0]])]
    belongs = np.isin(of, large)
    if belongs.all():
        return of
    _, nearest = scipy.spatial.KDTree(places[belongs]).query(places[~belongs])
    found = of.copy()
    found[~belongs] = of[belongs][nearest]
    return found


def _root(root: dict[int, int], top: int) -> int:
    while root[top] != top:
        root[top] = root[root[top]]
        top = root[top]
    return top


def numbered(of: Ints, before: Ints) -> dict[int, int]:
    """Return a number from 1 for each cluster: where most of its suppliers had one ``before`` (0: none), that one."""
    now = np.unique(of)
    former = np.unique(before[before > 0])
    shared = np.zeros((len(now), len(former)), dtype=np.int64)
    both = before > 0
    np.add.at(shared, (np.searchsorted(now, of[both]), np.searchsorted(former, before[both])), 1)
    rows, columns = scipy.optimize.linear_sum_assignment(-shared)
    kept = {int(now[i]): int(former[j]) for i, j in zip(rows, columns, strict=True) if shared[i, j] > 0}
    unused = iter(number for number in range(1, len(now) + len(former) + 1) if number not in kept.values())
    return {cluster: kept.get(cluster) or next(unused) for cluster in now.tolist()}
