"""Building a segment: from rows of suppliers' statements to columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from engage.matching.channels import Semantic, norms_of
from engage.matching.cpv import CpvPostings
from engage.matching.errors import InputError
from engage.matching.features import Packed, add_titles
from engage.matching.lexical import Weights, postings_of
from engage.matching.reading import count_terms, unpack, words_named
from engage.matching.segment import LEVELS, Columns, Segment, encode_ids
from engage.matching.types import Evidence
from engage.matching.yardstick import Yardstick

_AT_ONCE = 16_384
_DAY_ZERO = dt.date(1, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """One statement with everything that is computed when it is saved.

    ``reading`` is ``read_words(title, text)``. ``vector`` is that of the full
    text, ``title_vector`` that of the cleaned title (``None`` without a title);
    both are ``None`` as long as no model has read the statement. ``cpv`` holds
    the statement's own codes and its supplier's. The days and ``level`` are
    those of ``Document``.
    """

    supplier: str
    id: str
    title: str
    text: str
    reading: bytes
    vector: bytes | None = None
    title_vector: bytes | None = None
    cpv: tuple[str, ...] = ()
    level: Evidence = Evidence.DECLARED
    dated: dt.date | None = None
    recorded: dt.date | None = None
    expires: dt.date | None = None
    weight: float = 1.0


def build_segment(
    rows: Iterable[StatementRow], *, yardstick: Yardstick, suppliers: Iterable[str] = ()
) -> Segment:
    """Measure statements with a yardstick and put them into columns.

    ``rows`` come supplier by supplier, in order of supplier id; ``suppliers``
    names further ones that have no statement, in any order. Statements without
    a telling word or with weight 0 are left out. Expired ones are not: which
    count is decided on the day of a match. Keep segments to some 50,000
    suppliers, then building one takes little memory.

    Raises ``InputError`` for an id given twice, suppliers out of order, a weight
    outside 0 to 1, a damaged reading, or a vector of another length.
    """
    taken = _Taken(dim=yardstick.dim)
    for supplier, own in groupby(rows, key=lambda row: row.supplier):
        taken.add(supplier, list(own))
    ids, starts = _suppliers(taken, suppliers)
    vectors, has_vector = _vectors(taken, yardstick)
    same = yardstick.places_of(taken.readings)
    semantic = Semantic(vectors, norms_of(vectors))
    by_meaning = yardstick.semantic.chance(yardstick.moments_by_meaning(semantic, same))
    weights = _weights(taken.readings, yardstick)
    by_words = yardstick.lexical.chance(yardstick.moments_by_words(weights, same))
    postings = postings_of(weights, yardstick.vocabulary)
    cpv = CpvPostings.of(taken.cpv)
    lengths = np.array(taken.lengths, dtype=np.int64)
    columns = Columns(
        suppliers=encode_ids(ids),
        starts=starts,
        ids=encode_ids(taken.ids),
        vectors=vectors,
        norms=semantic.norms,
        has_vector=has_vector,
        semantic_mean=by_meaning.mean,
        semantic_spread=by_meaning.spread,
        lexical_mean=by_words.mean,
        lexical_spread=by_words.spread,
        terms=postings.terms,
        term_starts=postings.starts,
        term_rows=postings.rows,
        term_weights=postings.weights,
        cpv_codes=cpv.codes,
        cpv_starts=cpv.starts,
        cpv_rows=cpv.rows,
        weight=np.array(taken.weights, dtype=np.float64),
        level=np.array(taken.levels, dtype=np.uint8),
        dated=np.array(taken.dated, dtype=np.int32),
        recorded=np.array(taken.recorded, dtype=np.int32),
        expires=np.array(taken.expires, dtype=np.int32),
        twins=np.array(taken.twins, dtype=np.int32),
        twin_groups=np.array(taken.twin_groups, dtype=np.int32),
        words=np.frombuffer(b"".join(taken.words), dtype=np.uint8),
        word_starts=np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
    )
    return Segment(columns, names=yardstick.names)


@dataclass
class _Taken:
    """The statements taken so far, column by column."""

    dim: int
    suppliers: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    readings: list[bytes] = field(default_factory=list)
    vectors: list[bytes | None] = field(default_factory=list)
    titles: list[bytes | None] = field(default_factory=list)
    cpv: list[tuple[str, ...]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    dated: list[int] = field(default_factory=list)
    recorded: list[int] = field(default_factory=list)
    expires: list[int] = field(default_factory=list)
    twins: list[int] = field(default_factory=list)
    twin_groups: list[int] = field(default_factory=list)
    words: list[bytes] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def add(self, supplier: str, rows: list[StatementRow]) -> None:
        """Take the statements of one supplier, those that say the same side by side with their group."""
        if self.suppliers and supplier <= self.suppliers[-1]:
            if supplier == self.suppliers[-1] or supplier in self.suppliers:
                raise InputError(f"The id {supplier} is given twice; every id must be different.")
            raise InputError("Suppliers must come in order of their ids.")
        refuse_repeated([row.id for row in rows], within=supplier)
        said: dict[bytes, list[int]] = {}
        before = len(self.ids)
        for row in sorted(rows, key=_preference):
            if count_terms(row.reading) and row.weight:
                said.setdefault(words_named(row.reading), []).append(len(self.ids))
                self._append(row)
        for places in said.values():
            if len(places) > 1:
                self.twins.extend(places)
                self.twin_groups.extend([places[0]] * len(places))
        self.suppliers.append(supplier)
        self.sizes.append(len(self.ids) - before)

    def _append(self, row: StatementRow) -> None:
        for vector in (row.vector, row.title_vector):
            if vector is not None and len(vector) != self.dim:
                raise InputError(
                    f"A vector of statement {row.id} has {len(vector)} bytes instead of {self.dim}."
                )
        self.ids.append(row.id)
        self.readings.append(row.reading)
        self.vectors.append(row.vector)
        self.titles.append(row.title_vector)
        self.cpv.append(row.cpv)
        self.weights.append(float(row.weight))
        self.levels.append(LEVELS.index(row.level))
        self.dated.append(_ordinal(row.dated))
        self.recorded.append(_ordinal(row.recorded))
        self.expires.append(_ordinal(row.expires))
        for text in (row.title, row.text):
            content = text.encode("utf-8", "surrogatepass")
            self.words.append(content)
            self.lengths.append(len(content))


def refuse_repeated(ids: Sequence[str], *, within: str = "") -> None:
    """Raise ``InputError`` when an id is given twice."""
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            where = f" of supplier {within}" if within else ""
            raise InputError(f"The id {one}{where} is given twice; every id must be different.")
        seen.add(one)


def _preference(row: StatementRow) -> tuple[float, int, int, str]:
    """Order statements that say the same: the heavier, the better backed, the newer, the lower id first."""
    if not 0 <= row.weight <= 1:
        raise InputError(f"The weight of statement {row.id} must be between 0 and 1.")
    return -row.weight, -LEVELS.index(row.level), -_ordinal(row.dated), row.id


def _ordinal(day: dt.date | None) -> int:
    return day.toordinal() if day is not None else 0


def _suppliers(
    taken: _Taken, further: Iterable[str]
) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return all ids in order, and where the statements of each start."""
    sizes = dict(zip(taken.suppliers, taken.sizes, strict=True))
    ids = sorted({*sizes, *further})
    ends = np.cumsum([sizes.get(one, 0) for one in ids], dtype=np.int64)
    return ids, np.concatenate([np.zeros(1, np.int64), ends])


def _vectors(
    taken: _Taken, yardstick: Yardstick
) -> tuple[Packed, np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    """Return one vector a statement, its title's added, and which statements have one."""
    dim = yardstick.dim
    has_vector = np.array([vector is not None for vector in taken.vectors], dtype=np.uint8)
    zeros = bytes(dim)
    content = b"".join(zeros if vector is None else vector for vector in taken.vectors)
    rows = np.frombuffer(content, dtype=np.int8).reshape(len(taken.vectors), dim).copy()
    titled = [i for i, title in enumerate(taken.titles) if title is not None]
    weight = yardstick.parameters.title_semantic
    for start in range(0, len(titled) if dim and weight else 0, _AT_ONCE):
        at = titled[start : start + _AT_ONCE]
        titles = np.frombuffer(b"".join(taken.titles[i] or b"" for i in at), dtype=np.int8)
        rows[at] = add_titles(rows[at], titles.reshape(len(at), dim), weight=weight)
    return rows, has_vector


def _weights(readings: Sequence[bytes], yardstick: Yardstick) -> Weights:
    """Weigh the terms of all statements, some thousands at a time."""
    parts = [yardstick.vocabulary.weigh(*unpack(block)) for block in _blocks(readings)]
    if not parts:
        return yardstick.vocabulary.weigh(*unpack([]))
    before = np.cumsum([0, *(len(part.numbers) for part in parts[:-1])])
    return Weights(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.ends + first for part, first in zip(parts, before.tolist(), strict=True)]),
    )


def _blocks(readings: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(readings), _AT_ONCE):
        yield readings[start : start + _AT_ONCE]
