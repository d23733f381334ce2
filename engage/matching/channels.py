"""The two channels of likeness, computed on whole numbers so that every machine agrees.

A cosine is first a whole dot product (exact in any order of summation) and
then one division; a mean or spread is taken from whole sums of cosines. What
remains are single floating point operations, which IEEE 754 fixes to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from engage.matching.background import Lexicon
from engage.matching.features import Packed
from engage.matching.text import terms
from engage.matching.wording import Wording

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Length of a vector of terms, in the whole units its weights are rounded to.
TERM_UNIT = 1 << 15
_COSINE_UNIT = float(1 << 24)
_WHOLE = float(1 << 20)
_BLOCK = 4096
_SENTENCES_KEPT = 10_000


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

    def above(self, cosines: Floats) -> Floats:
        """Return how many spreads each cosine lies above its mean."""
        result: Floats = (cosines - self.mean) / self.spread
        return result


@dataclass(frozen=True)
class Scale:
    """How a challenge's own likeness to any statement is taken out: mean and spread."""

    mean: float
    spread: float


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


class Semantic:
    """Cosines between packed vectors."""

    def __init__(self, rows: Packed) -> None:
        self.rows = rows
        self._norms = np.sqrt((rows.astype(np.int64) ** 2).sum(axis=1).astype(np.float64))
        self._norms[self._norms == 0] = 1.0

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def cosines(self, other: Semantic, start: int = 0, end: int | None = None) -> Floats:
        """Return ``float64[rows start:end, rows of other]``."""
        mine = self.rows[start:end].astype(np.float32)
        dots = (mine @ other.rows.astype(np.float32).T).astype(np.float64)
        result: Floats = dots / (self._norms[start:end, None] * other._norms[None, :])
        return result

    def cosines_to(self, other: Semantic) -> Floats:
        """Return the cosines of all rows to the single row of ``other``."""
        size = len(self.rows)
        parts = [self.cosines(other, i, i + _BLOCK)[:, 0] for i in range(0, size, _BLOCK)]
        return np.concatenate(parts) if parts else np.zeros(0)


class Vocabulary:
    """Weights of terms by a lexicon: sublinear in the count, rare terms heavier.

    A term of the title counts more by ``title_weight``, a pair of words only
    ``pair_weight`` of what its rarity alone would give it.
    """

    def __init__(self, lexicon: Lexicon, *, term_cap: int, title_weight: float, pair_weight: float) -> None:
        self.terms = sorted(lexicon.frequencies)
        self._number = {term: i for i, term in enumerate(self.terms)}
        self._rarity = [
            round(math.log((1 + lexicon.documents) / (1 + lexicon.frequencies[term])) + 1, 6)
            * (pair_weight if " " in term else 1.0)
            for term in self.terms
        ]
        self._often = [0.0] + [round(1 + math.log(n), 6) for n in range(1, term_cap + 1)]
        self._title_weight = title_weight
        #: As ``weigh``, for a sentence; those of the foremost suppliers come back with every challenge.
        self.weigh_sentence = lru_cache(maxsize=_SENTENCES_KEPT)(self._weigh_sentence)

    def _weigh_sentence(self, sentence: str) -> dict[int, int]:
        return self.weigh(Wording(title="", full=sentence))

    def weigh(self, said: Wording) -> dict[int, int]:
        """Return term number to weight in ``TERM_UNIT``s; the vector has length 1."""
        cap = len(self._often) - 1
        titled = terms(said.title)
        raw: list[tuple[int, float]] = []
        for term, count in terms(said.full).items():
            number = self._number.get(term)
            if number is not None:
                often = self._often[min(count, cap)] + (self._title_weight if term in titled else 0.0)
                raw.append((number, often * self._rarity[number]))
        norm = math.sqrt(math.fsum(weight * weight for _, weight in raw)) or 1.0
        return {number: round(TERM_UNIT * weight / norm) for number, weight in sorted(raw)}

    def matrix(self, wordings: Sequence[Wording]) -> Any:
        """Return the weights of these texts as an int64 CSR matrix, a row a text."""
        data: list[int] = []
        columns: list[int] = []
        ends = [0]
        for said in wordings:
            weights = self.weigh(said)
            columns.extend(weights.keys())
            data.extend(weights.values())
            ends.append(len(columns))
        shape = (len(wordings), len(self.terms))
        arrays = (np.array(data, np.int64), np.array(columns, np.int32), np.array(ends, np.int64))
        return sparse.csr_matrix(arrays, shape=shape)


class Lexical:
    """Cosines between weighted terms."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix
        self._by_term = matrix.tocsc()

    @property
    def size(self) -> int:
        """How many rows there are."""
        return int(self.matrix.shape[0])

    def cosines(self, other: Lexical, start: int = 0, end: int | None = None) -> Floats:
        """Return ``float64[rows start:end, rows of other]``."""
        dots = (self.matrix[start:end] @ other.matrix.T).toarray()
        result: Floats = dots.astype(np.float64) / float(TERM_UNIT**2)
        return result

    def cosines_to(self, weights: Mapping[int, int]) -> Floats:
        """Return the cosines of all rows to one weighted text, touching its terms only."""
        total = np.zeros(self.matrix.shape[0], dtype=np.int64)
        by_term = self._by_term
        for number, weight in weights.items():
            span = slice(by_term.indptr[number], by_term.indptr[number + 1])
            total[by_term.indices[span]] += by_term.data[span] * weight
        return total.astype(np.float64) / float(TERM_UNIT**2)

    def row(self, index: int) -> dict[int, int]:
        """Return term number to weight of one row."""
        span = slice(self.matrix.indptr[index], self.matrix.indptr[index + 1])
        numbers = self.matrix.indices[span].tolist()
        return dict(zip(numbers, self.matrix.data[span].tolist(), strict=True))


def moments(rows: Semantic | Lexical, size: int, background: Any, count: int, same: Ints) -> Moments:
    """Return mean and variance of each row's cosines to the background.

    ``same[i]`` is the place of the text of row ``i`` in the background or -1;
    a text is not compared with itself. Rows without a comparison get 0 and 0.
    """
    mean = np.zeros(size)
    variance = np.zeros(size)
    for start in range(0, size if count else 0, _BLOCK):
        end = min(size, start + _BLOCK)
        whole = np.rint(rows.cosines(background, start, end) * _COSINE_UNIT).astype(np.int64)
        own = same[start:end]
        itself = np.flatnonzero(own >= 0)
        whole[itself, own[itself]] = 0
        compared = np.maximum(count - (own >= 0), 1).astype(np.float64)
        average = whole.sum(axis=1) / compared / _COSINE_UNIT
        squares = (whole * whole).sum(axis=1) / compared / _COSINE_UNIT**2
        mean[start:end] = average
        variance[start:end] = np.maximum(squares - average * average, 0.0)
    return Moments(mean=mean, variance=variance)
