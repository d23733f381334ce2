"""Likeness by words: weights of terms as whole numbers, and the postings that find them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from engage.matching.background import Lexicon
from engage.matching.channels import Floats, Ints
from engage.matching.parameters import Parameters
from engage.matching.reading import PAIR, TITLED, Hashes, Reading, read_wording, unpack
from engage.matching.wording import Wording

#: Length of a vector of terms, in the whole units its weights are rounded to.
TERM_UNIT = 1 << 15
_RAW_UNIT = float(1 << 14)
_COUNTS = 256


@dataclass(frozen=True, slots=True)
class Weights:
    """The weighted terms of texts, one after the other.

    ``numbers`` are places in the lexicon, rising within each text; ``values`` are
    in ``TERM_UNIT``s, so that each text has length 1; ``ends`` says where each text ends.
    """

    numbers: Ints
    values: Ints
    ends: Ints

    @property
    def starts(self) -> Ints:
        """Where each text starts, and where the last one ends."""
        return np.concatenate([np.zeros(1, np.int64), self.ends])

    def products_with(self, numbers: Ints, values: Ints) -> Ints:
        """Return the dot product of each text with one weighted text (``numbers`` rising)."""
        products = np.zeros(len(self.numbers) + 1, dtype=np.int64)
        if len(numbers):
            places = np.minimum(np.searchsorted(numbers, self.numbers), len(numbers) - 1)
            shared = numbers[places] == self.numbers
            products[1:] = np.cumsum(np.where(shared, values[places] * self.values, 0))
        return np.diff(products[self.starts])


class Vocabulary:
    """Weights of terms by a lexicon: sublinear in the count, rare terms heavier.

    A term of the title counts more by ``title_lexical``, a pair of words only
    ``pair_weight`` of what its rarity alone would give it.
    """

    def __init__(self, lexicon: Lexicon, parameters: Parameters) -> None:
        self.hashes = lexicon.hashes
        different, place = np.unique(lexicon.counts, return_inverse=True)
        # By the library's logarithm, one number at a time and rounded: the same on every processor.
        rarity = [round(math.log((1 + lexicon.documents) / (1 + n)) + 1, 6) for n in different.tolist()]
        self._rarity = np.array(rarity, dtype=np.float64)[place]
        counts = [min(n, parameters.term_cap) for n in range(_COUNTS)]
        self._often = np.array([round(1 + math.log(n), 6) if n else 0.0 for n in counts])
        self._title_weight = parameters.title_lexical
        self._pair_weight = parameters.pair_weight

    def weigh(self, reading: Reading, sizes: Sequence[int]) -> Weights:
        """Weigh the terms of texts; those the lexicon does not have are left out."""
        ends = np.cumsum(np.array(sizes, dtype=np.int64))
        if not len(self.hashes) or not len(reading):
            return Weights(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(len(ends), np.int64))
        places = np.minimum(np.searchsorted(self.hashes, reading.hashes), len(self.hashes) - 1)
        known = self.hashes[places] == reading.hashes
        often = self._often[reading.counts] + self._title_weight * ((reading.flags & TITLED) > 0)
        rarity = self._rarity[places] * np.where((reading.flags & PAIR) > 0, self._pair_weight, 1.0)
        raw = np.rint(often * rarity * _RAW_UNIT).astype(np.int64) * known
        # Sums of whole numbers: the length of a text does not depend on the order of its terms.
        squares = np.concatenate([np.zeros(1, np.int64), np.cumsum(raw * raw)])
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
        lengths = np.sqrt(np.maximum(squares[ends] - squares[starts], 1).astype(np.float64))
        values = np.rint(TERM_UNIT * raw / np.repeat(lengths, ends - starts)).astype(np.int64)
        kept = values > 0
        left = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
        return Weights(places[kept], values[kept], left[ends])

    def weigh_texts(self, texts: Sequence[Wording]) -> Weights:
        """Read and weigh cleaned texts."""
        return self.weigh(*unpack(map(read_wording, texts)))


@dataclass(frozen=True, slots=True)
class Postings:
    """Which statements have which terms, term by term.

    ``terms`` are hashes, rising; those of ``terms[i]`` are ``rows[starts[i]:starts[i + 1]]``,
    rising, with their ``weights`` in ``TERM_UNIT``s.
    """

    terms: Hashes
    starts: Ints
    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.uint16]
    size: int

    def cosines_to(self, hashes: Hashes, weights: Ints) -> Floats:
        """Return the cosines of all rows to one weighted text, touching its terms only."""
        total = np.zeros(self.size, dtype=np.int64)
        for span, weight in zip(self._spans(hashes), weights.tolist(), strict=True):
            if span is not None:
                total[self.rows[span]] += self.weights[span] * np.int64(weight)
        return total.astype(np.float64) / float(TERM_UNIT**2)

    def weights_of(self, rows: Ints, hashes: Hashes) -> Ints:
        """Return the weights of some terms in some rows, ``int64[rows, terms]``; 0 where a row has not the term."""
        found = np.zeros((len(rows), len(hashes)), dtype=np.int64)
        for column, span in enumerate(self._spans(hashes)):
            if span is not None:
                holders = self.rows[span]
                place = np.minimum(np.searchsorted(holders, rows), len(holders) - 1)
                found[:, column] = np.where(holders[place] == rows, self.weights[span][place], 0)
        return found

    def _spans(self, hashes: Hashes) -> list[slice | None]:
        """Return where the rows of each term are, or None for a term that none has."""
        if not len(self.terms):
            return [None] * len(hashes)
        places = np.minimum(np.searchsorted(self.terms, hashes), len(self.terms) - 1)
        found = self.terms[places] == hashes
        starts, ends = self.starts[places].tolist(), self.starts[places + 1].tolist()
        return [
            slice(start, end) if there else None
            for start, end, there in zip(starts, ends, found.tolist(), strict=True)
        ]


def postings_of(weights: Weights, vocabulary: Vocabulary) -> Postings:
    """Turn weighted texts into postings, a row a text."""
    used = np.bincount(weights.numbers, minlength=len(vocabulary.hashes)) > 0
    local = np.cumsum(used) - 1
    by_text = sparse.csr_matrix(
        (weights.values.astype(np.uint16), local[weights.numbers].astype(np.int32), weights.starts),
        shape=(len(weights.ends), int(used.sum())),
    )
    by_term = by_text.tocsc()
    return Postings(
        terms=vocabulary.hashes[used],
        starts=by_term.indptr.astype(np.int64),
        rows=by_term.indices.astype(np.int32, copy=False),
        weights=by_term.data,
        size=len(weights.ends),
    )


class Behind:
    """The weighted terms of the background, to compare many texts with at once."""

    def __init__(self, weights: Weights) -> None:
        self._terms = np.unique(weights.numbers)
        self.size = len(weights.ends)
        self._matrix: Any = self._sparse(weights).T.tocsc()

    def cosines(self, weights: Weights, start: int, end: int) -> Floats:
        """Return ``float64[texts start:end, texts of the background]``."""
        first, last = weights.starts[start], weights.starts[end]
        part = Weights(
            weights.numbers[first:last], weights.values[first:last], weights.ends[start:end] - first
        )
        dots = (self._sparse(part) @ self._matrix).toarray()
        result: Floats = dots.astype(np.float64) / float(TERM_UNIT**2)
        return result

    def _sparse(self, weights: Weights) -> Any:
        """Return the terms that the background has too as int64 CSR, a row a text."""
        shape = (len(weights.ends), len(self._terms))
        if not len(self._terms):
            return sparse.csr_matrix(shape, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._terms, weights.numbers), len(self._terms) - 1)
        kept = self._terms[places] == weights.numbers
        left = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
        return sparse.csr_matrix((weights.values[kept], places[kept], left[weights.starts]), shape=shape)
