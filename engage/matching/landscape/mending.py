"""Putting right what misleads: who stands among the wrong neighbours is tried elsewhere.

Two dimensions cannot hold what hundreds say. t-SNE leaves some points among strangers because there is no way out
for them downhill; here each point is taken up and put down where the sum that trustworthiness counts is smallest,
its own false neighbours and those that it would be to others. For maps of up to ``AT_MOST`` suppliers: the work of
a round grows with n².
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engage.matching.landscape import frame
from engage.matching.landscape.arrays import Floats, Ints, Mask, Places, Vectors

AT_MOST = 2_000
_LOOK_AMONG = 60
_NEAR, _BETWEEN, _AROUND = 160, 80, 40


def mended(
    vectors: Vectors,
    places: Places,
    *,
    neighbours: int,
    apart: float,
    free: Mask,
    rounds: int,
    seed: int,
    after: Callable[[int], None],
) -> Places:
    """Return better places for the ``free``, after at most ``rounds`` over all of them; nobody else moves.

    ``places`` are in the frame and stay in it; nearer than ``apart`` to each other is a little dearer than a false
    neighbour. ``after(k)`` is told after each round and may raise.
    """
    picture = _Picture(vectors, places, neighbours, apart)
    random = np.random.default_rng(seed)
    reach = 0.07 * float(np.sqrt(((places - places.mean(axis=0)) ** 2).sum(axis=1).mean()))
    for number in range(1, rounds + 1):
        moved = 0
        for who in random.permutation(np.flatnonzero(free)).tolist():
            moved += picture.settle(who, picture.candidates(who, random, reach))
        after(number)
        if moved == 0:
            break
        if number >= 2:
            reach *= 0.8
    return picture.places


class _Picture:
    """The places, everybody's neighbours in the picture, and what each false neighbour costs."""

    def __init__(self, vectors: Vectors, places: Places, neighbours: int, apart: float) -> None:
        self.places = places.copy()
        self.k = neighbours
        self.crowded = apart**2
        size = len(places)
        self.rows = np.arange(size)
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, np.inf)
        self.order: Ints = np.argsort(-cosines, axis=1, kind="stable")
        ranks = np.empty((size, size), dtype=np.int64)
        np.put_along_axis(ranks, self.order, self.rows[None, :], axis=1)
        self.cost: Floats = np.maximum(ranks - neighbours, 0).astype(np.float64)
        self.distances: Floats = squared_distances(self.places, self.places)
        np.fill_diagonal(self.distances, np.inf)
        self.near = self._nearest(self.rows)

    def _nearest(self, rows: Ints) -> Ints:
        """Return the k + 1 nearest of some rows, nearest first."""
        own = self.distances[rows]
        found = np.argpartition(own, self.k, axis=1)[:, : self.k + 1]
        by_distance = np.argsort(np.take_along_axis(own, found, axis=1), axis=1, kind="stable")
        nearest: Ints = np.take_along_axis(found, by_distance, axis=1)
        return nearest

    def candidates(self, who: int, random: np.random.Generator, reach: float) -> Places:
        """Return places to try: where ``who`` is, near and between those most like it."""
        alike = self.order[who, 1 : _LOOK_AMONG + 1]
        there = self.places[random.choice(alike, (2, _NEAR + _BETWEEN))]
        near = there[0, :_NEAR] + random.standard_normal((_NEAR, 2)) * reach
        between = (there[0, _NEAR:] + there[1, _NEAR:]) / 2
        around = self.places[who] + random.standard_normal((_AROUND, 2)) * reach
        return np.concatenate(
            [self.places[who : who + 1], frame.inside(np.concatenate([near, between, around]))]
        )

    def settle(self, who: int, candidates: Places) -> bool:
        """Put ``who`` on the best of ``candidates``, of which the first is its present place; tell whether it moved."""
        named = (self.near[:, : self.k] == who).any(axis=1)
        last = np.where(named, self.near[:, self.k], self.near[:, self.k - 1])
        bar = self.distances[self.rows, last]
        extra = self.cost[:, who] - self.cost[self.rows, last]
        extra[who] = 0.0
        distances = squared_distances(candidates, self.places)
        distances[:, who] = np.inf
        own = self.cost[who][np.argpartition(distances, self.k - 1, axis=1)[:, : self.k]].sum(axis=1)
        total = own + (distances < bar) @ extra + self.k * (distances < self.crowded).sum(axis=1)
        best = int(total.argmin())
        if not total[best] < total[0] - 1e-9:
            return False
        self._move(who, candidates[best], distances[best])
        return True

    def _move(self, who: int, place: Places, distances: Floats) -> None:
        reached = distances < self.distances[self.rows, self.near[:, -1]]
        touched = reached | (self.near == who).any(axis=1)
        touched[who] = True
        self.places[who] = place
        self.distances[who], self.distances[:, who] = distances, distances
        rows = np.flatnonzero(touched)
        self.near[rows] = self._nearest(rows)


def squared_distances(some: Places, others: Places) -> Floats:
    """Return the squared distance of each of ``some`` to each of ``others``."""
    sums = (some**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :]
    found: Floats = np.maximum(sums - 2 * some @ others.T, 0)
    return found
