"""Letting the points find their places: drawn to those alike, pushed away from all others.

t-SNE with the settings of D. Kobak and P. Berens, "The art of using t-SNE for single-cell transcriptomics", Nature
Communications 10 (2019): it begins from the two main directions of the vectors, and the length of the steps grows
with the number of points. A little more attraction to the end makes islands that the eye can tell apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from engage.matching.landscape.affinity import row_numbers
from engage.matching.landscape.arrays import Ints, Places, Vectors
from engage.matching.landscape.repulsion import repulsion

EARLY, EARLY_STEPS = 12.0, 200
LATE = 1.5
_SLOW, _FAST = 0.5, 0.8
_SHORTEST = 50.0
_GAIN_UP, _GAIN_DOWN, _LEAST_GAIN = 0.2, 0.8, 0.01


@dataclass(eq=False)
class Motion:
    """Where everybody is at a step, and how they move."""

    step: int
    places: Places
    speed: Places
    gains: Places

    @classmethod
    def at(cls, places: Places) -> Motion:
        """Begin at rest."""
        return cls(0, places.copy(), np.zeros_like(places), np.ones_like(places))


After = Callable[[Motion], None]


def main_directions(vectors: Vectors) -> Places:
    """Return where the points lie along the two directions in which they differ most; tiny, the same each time."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    chosen = axes[:, -1 : -min(3, axes.shape[1] + 1) : -1]
    chosen = chosen * np.where(chosen[np.abs(chosen).argmax(axis=0), range(chosen.shape[1])] < 0, -1.0, 1.0)
    places = np.zeros((len(vectors), 2))
    places[:, : chosen.shape[1]] = centred @ chosen
    made: Places = places / max(float(places.std(axis=0).max()), 1e-12) * 1e-4
    return made


def descend(
    attraction: sparse.csr_matrix,
    motion: Motion,
    *,
    steps: int,
    after: After | None = None,
) -> Places:
    """Move the points from ``motion`` for ``steps`` in all, and return their places.

    ``after`` is told the motion after each step and may raise.
    """
    rows, columns = row_numbers(attraction), attraction.indices
    rate = max(len(motion.places) / EARLY, _SHORTEST)
    while motion.step < steps:
        early = motion.step < EARLY_STEPS
        pull = EARLY if early else LATE
        push, total = repulsion(motion.places)
        gradient = 4 * (pull * _drawn(attraction, rows, columns, motion.places) - push / max(total, 1e-12))
        against = np.sign(gradient) != np.sign(motion.speed)
        motion.gains = np.maximum(
            np.where(against, motion.gains + _GAIN_UP, motion.gains * _GAIN_DOWN), _LEAST_GAIN
        )
        motion.speed = (_SLOW if early else _FAST) * motion.speed - rate * motion.gains * gradient
        motion.places = motion.places + motion.speed
        motion.places -= motion.places.mean(axis=0)
        motion.step += 1
        if after is not None:
            after(motion)
    return motion.places


def _drawn(
    attraction: sparse.csr_matrix, rows: Ints, columns: npt.NDArray[np.int32], places: Places
) -> Places:
    """Return the pull on each point: ``Σ_j p q (y_i - y_j)``."""
    apart = places[rows] - places[columns]
    pulls = attraction.data / (1.0 + np.einsum("ij,ij->i", apart, apart))
    weighted = sparse.csr_matrix((pulls, columns, attraction.indptr), shape=attraction.shape)
    strengths = np.asarray(weighted.sum(axis=1))
    drawn: Places = strengths * places - weighted @ places
    return drawn
