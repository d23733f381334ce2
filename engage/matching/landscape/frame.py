"""The frame of the picture: which way is up, how large, nobody on top of anybody else."""

from __future__ import annotations

import math

import numpy as np
import scipy  # its parts are imported when they are first used: only who draws needs them

from engage.matching.landscape.arrays import Mask, Places

WIDTH, HEIGHT = 1_250.0, 1_000.0
MARGIN = 40.0
_STRETCH = 1.35
"""A direction may be drawn so much larger than the other, to fill the frame."""
_APART, _WIDEST_APART = 0.14, 12.0
_ROUNDS = 60
_SPREAD_AT_MOST = 20_000
_GOLDEN = math.pi * (3 - math.sqrt(5))


def turned(places: Places) -> Places:
    """Turn a picture so that it is wide rather than high, and always the same way round."""
    centred = places - places.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    lying = centred @ axes[:, ::-1]
    skew = (lying**3).sum(axis=0)
    made: Places = lying * np.where(skew < 0, -1.0, 1.0)
    return made


def aligned(places: Places, before: Places, known: Mask) -> Places:
    """Turn, mirror, move and resize a picture so that the ``known`` come as near as can be to where they were.

    The orthogonal Procrustes problem (P. Schönemann, Psychometrika 31, 1966). Fewer than three known: ``turned``.
    """
    if np.count_nonzero(known) < 3:
        return turned(places)
    mine, theirs = places[known], before[known]
    centre, target = mine.mean(axis=0), theirs.mean(axis=0)
    left, sizes, right = np.linalg.svd((mine - centre).T @ (theirs - target))
    scale = sizes.sum() / max(float(((mine - centre) ** 2).sum()), 1e-12)
    made: Places = (places - centre) @ (left @ right) * scale + target
    return made


def fitted(places: Places) -> Places:
    """Fit a picture into the frame, as large as it goes, stretched a little if that fills it."""
    low, span = places.min(axis=0), np.ptp(places, axis=0)
    room = np.array([WIDTH, HEIGHT]) - 2 * MARGIN
    scales = room / np.maximum(span, 1e-9)
    scales = np.minimum(scales, scales.min() * _STRETCH)
    if not span.max() > 0:
        scales = np.ones(2)
    made: Places = (places - low - span / 2) * scales + np.array([WIDTH, HEIGHT]) / 2
    return made


def inside(places: Places) -> Places:
    """Bring whoever stands outside the frame back to its margin."""
    made: Places = np.clip(places, MARGIN, np.array([WIDTH, HEIGHT]) - MARGIN)
    return made


def apart_for(size: int) -> float:
    """Return how far apart two of so many suppliers should stand."""
    return min(_WIDEST_APART, _APART * math.sqrt(WIDTH * HEIGHT / max(size, 1)))


def spread(places: Places, free: Mask) -> Places:
    """Push apart those who stand on top of each other; only the ``free`` give way. For many suppliers: as they are."""
    size = len(places)
    if not 1 < size <= _SPREAD_AT_MOST:
        return places
    apart = apart_for(size)
    angles = np.arange(size) * _GOLDEN
    nudge = np.column_stack([np.cos(angles), np.sin(angles)])
    places = places + np.where(free[:, None], nudge * apart * 1e-3, 0.0)
    for _ in range(_ROUNDS):
        pairs = scipy.spatial.KDTree(places).query_pairs(apart, output_type="ndarray")
        pairs = pairs[free[pairs].any(axis=1)]
        if not len(pairs):
            break
        one, other = pairs.T
        gap = places[one] - places[other]
        length = np.maximum(np.sqrt((gap**2).sum(axis=1)), 1e-9)
        push = gap * ((apart * 1.02 - length) / length)[:, None]
        share = free[pairs] / free[pairs].sum(axis=1, keepdims=True)
        moved = np.zeros_like(places)
        np.add.at(moved, one, push * share[:, :1])
        np.add.at(moved, other, -push * share[:, 1:])
        places = np.where(free[:, None], inside(places + np.clip(moved, -apart, apart)), places)
    return places
