"""The two channels of likeness, computed on whole numbers so that every machine agrees.

A cosine is first a whole dot product (exact in any order of summation) and
then one division; a mean or spread is taken from whole sums of cosines. What
remains are single floating point operations, which IEEE 754 fixes to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engage.matching.features import Packed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_COSINE_UNIT = float(1 << 24)
_WHOLE = float(1 << 20)
_BLOCK = 4096
#: Rows turned into 32-bit numbers at once: what fits a processor's second cache.
_STRIP = 1024


@dataclass(frozen=True)
class Moments:
    """Mean and variance of each statement's likeness to the background."""

    mean: Floats
    variance: Floats


@dataclass(frozen=True)
class Chance:
    """What chance gives: mean and spread of the cosines of each statement."""

    mean: Floats
    spread: Floats

    def at(self, rows: Ints) -> Chance:
        """Return what chance gives some of the statements."""
        return Chance(mean=self.mean[rows], spread=self.spread[rows])

    def above(self, cosines: Floats) -> Floats:
        """Return how many spreads each cosine lies above its mean."""
        result: Floats = (cosines - self.mean) / self.spread
        return result


@dataclass(frozen=True)
class Scale:
    """How a challenge's own likeness to any statement is taken out: mean and spread."""

    mean: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What chance gives in one channel, measured on the background.

    ``behind`` is the chance of the background's own statements, ``common`` the
    variance that is common among them, ``trust`` what the background weighs
    beside the ``prior`` mean and spread, ``shrinkage`` how far a statement's own
    spread is drawn towards the common one.
    """

    behind: Chance
    common: float
    trust: float
    prior: tuple[float, float]
    shrinkage: float
    challenge_prior: float

    def chance(self, own: Moments) -> Chance:
        """Return what chance gives statements with these moments against the background."""
        variance = (1 - self.shrinkage) * own.variance + self.shrinkage * self.common
        return Chance(
            mean=self.trust * own.mean + (1 - self.trust) * self.prior[0],
            spread=np.sqrt(np.maximum(variance, self.prior[1] ** 2 / 100)),
        )

    def scale(self, cosines_behind: Floats) -> Scale:
        """Return how like a challenge is to any statement at all, from the background's cosines."""
        return scale_of(self.behind.above(cosines_behind), prior_size=self.challenge_prior)


def measure_channel(
    own: Moments, *, prior: tuple[float, float], prior_size: float, shrinkage: float, challenge_prior: float
) -> Channel:
    """Measure one channel from the moments of the background's statements among themselves.

    The spread of a statement is drawn towards the spread that is common in the
    background, and both towards the prior, which only matters while the
    background is small. Nothing here depends on who is ranked.
    """
    count = len(own.mean)
    trust = count / (count + prior_size)
    found = math.fsum(own.variance.tolist()) / max(count, 1)
    empty = Chance(mean=np.zeros(0), spread=np.zeros(0))
    channel = Channel(
        behind=empty,
        common=trust * found + (1 - trust) * prior[1] ** 2,
        trust=trust,
        prior=prior,
        shrinkage=shrinkage,
        challenge_prior=challenge_prior,
    )
    return Channel(**{**vars(channel), "behind": channel.chance(own)})


def scale_of(values: Floats, *, prior_size: float) -> Scale:
    """Return mean and spread of the background's values for one challenge.

    Drawn towards 0 and 1 as by ``prior_size`` further values, which only
    matters while the background is small.
    """
    if not len(values):
        return Scale(mean=0.0, spread=1.0)
    whole = np.rint(values * _WHOLE).astype(np.int64)
    mean = float(whole.sum()) / len(whole) / _WHOLE
    variance = max(float((whole * whole).sum()) / len(whole) / _WHOLE**2 - mean * mean, 0.0)
    trust = len(whole) / (len(whole) + prior_size)
    return Scale(mean=trust * mean, spread=math.sqrt(trust * variance + (1 - trust)))


def standardise(cosines: Floats, chance: Chance, scale: Scale, *, weight: float) -> Floats:
    """Return weighted standard deviations above chance, a number a statement."""
    result: Floats = weight * (cosines / (chance.spread * scale.spread))
    result -= baseline(chance, scale, weight=weight)
    return result


def baseline(chance: Chance, scale: Scale, *, weight: float) -> Floats:
    """Return what is taken off for chance, a number a statement, 0 or more.

    Never less than 0: a statement that is unlike everything gains nothing
    from being less unlike a challenge than others are.
    """
    expected = np.maximum(chance.mean / chance.spread + scale.mean, 0.0)
    result: Floats = weight * (expected / scale.spread)
    return result


class Semantic:
    """Cosines between packed vectors; ``rows`` may be mapped from a file."""

    def __init__(self, rows: Packed, norms: Floats | None = None) -> None:
        self.rows = rows
        self.norms = norms_of(rows) if norms is None else norms

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def cosines(self, other: Semantic, start: int = 0, end: int | None = None) -> Floats:
        """Return ``float64[rows start:end, rows of other]``."""
        mine = self.rows[start:end].astype(np.float32)
        dots = (mine @ other.rows.astype(np.float32).T).astype(np.float64)
        result: Floats = dots / (self.norms[start:end, None] * other.norms[None, :])
        return result

    def cosines_to(self, other: Semantic) -> Floats:
        """Return the cosines of all rows to the single row of ``other``."""
        size, dim = self.rows.shape
        dots = np.zeros(size, dtype=np.float32)
        if dim:
            strip = np.empty((min(size, _STRIP), dim), dtype=np.float32)
            asked = other.rows[0].astype(np.float32)
            for start in range(0, size, _STRIP):
                rows = self.rows[start : start + _STRIP]
                np.copyto(strip[: len(rows)], rows)
                np.dot(strip[: len(rows)], asked, out=dots[start : start + len(rows)])
        result: Floats = dots / (self.norms * float(other.norms[0]))
        return result


def norms_of(rows: Packed) -> Floats:
    """Return the length of each row; 1 for a row of zeros."""
    squares = np.zeros(len(rows), dtype=np.int64)
    for start in range(0, len(rows), _BLOCK):
        whole = rows[start : start + _BLOCK].astype(np.int64)
        squares[start : start + _BLOCK] = (whole * whole).sum(axis=1)
    return np.sqrt(np.maximum(squares, 1).astype(np.float64))


def moments(cosines: Callable[[int, int], Floats], same: Ints, count: int) -> Moments:
    """Return mean and variance of each row's cosines to a background of ``count`` texts.

    ``cosines(start, end)`` gives ``float64[end - start, count]``. ``same[i]`` is
    the place of the text of row ``i`` in the background or -1; a text is not
    compared with itself. Rows without a comparison get 0 and 0.
    """
    size = len(same)
    mean = np.zeros(size)
    variance = np.zeros(size)
    for start in range(0, size if count else 0, _BLOCK):
        end = min(size, start + _BLOCK)
        whole = np.rint(cosines(start, end) * _COSINE_UNIT).astype(np.int64)
        own = same[start:end]
        itself = np.flatnonzero(own >= 0)
        whole[itself, own[itself]] = 0
        compared = np.maximum(count - (own >= 0), 1).astype(np.float64)
        average = whole.sum(axis=1) / compared / _COSINE_UNIT
        squares = (whole * whole).sum(axis=1) / compared / _COSINE_UNIT**2
        mean[start:end] = average
        variance[start:end] = np.maximum(squares - average * average, 0.0)
    return Moments(mean=mean, variance=variance)
