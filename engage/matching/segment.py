"""A segment: what is known about some suppliers before any challenge, in columns.

There is no object for a statement or a supplier. A segment is made once
(``building.build_segment``), never changed, and may be mapped from a folder;
ten thousand suppliers take no longer to open than ten.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engage.matching.channels import Chance, Floats, Ints, Semantic
from engage.matching.columns import Column, open_columns, write_columns
from engage.matching.cpv import CpvPostings
from engage.matching.errors import InputError, SegmentError
from engage.matching.features import Packed
from engage.matching.lexical import Postings
from engage.matching.reading import Hashes
from engage.matching.types import Document, Evidence
from engage.matching.yardstick import Yardstick

#: In the order of their numbers in the column ``level``.
LEVELS = (Evidence.DECLARED, Evidence.EVIDENCED, Evidence.VERIFIED)
LONGEST_ID = 256

Days = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """What a segment consists of.

    Statements stand in order of supplier id, a supplier's own by preference
    (weight, level, newest, id). Of the i-th supplier are the statements
    ``starts[i]`` up to ``starts[i + 1]``. Days are ordinals, 0 for none.
    ``twins`` are statements that say the same as another of the same supplier,
    ``twin_groups`` which belong together. Title and text of the i-th are
    ``words[word_starts[2 * i]:…[2 * i + 1]]`` and the stretch after it, in UTF-8.
    """

    suppliers: npt.NDArray[np.bytes_]
    starts: Ints
    ids: npt.NDArray[np.bytes_]
    vectors: Packed
    norms: Floats
    has_vector: npt.NDArray[np.uint8]
    semantic_mean: Floats
    semantic_spread: Floats
    lexical_mean: Floats
    lexical_spread: Floats
    terms: Hashes
    term_starts: Ints
    term_rows: npt.NDArray[np.int32]
    term_weights: npt.NDArray[np.uint16]
    cpv_codes: npt.NDArray[np.bytes_]
    cpv_starts: Ints
    cpv_rows: npt.NDArray[np.int32]
    weight: Floats
    level: npt.NDArray[np.uint8]
    dated: Days
    recorded: Days
    expires: Days
    twins: npt.NDArray[np.int32]
    twin_groups: npt.NDArray[np.int32]
    words: npt.NDArray[np.uint8]
    word_starts: Ints


class Segment:
    """Suppliers and their statements, measured with one yardstick; see ``Columns``."""

    def __init__(self, columns: Columns, *, names: Mapping[str, str]) -> None:
        self.columns = columns
        #: The names of the yardstick it was made with.
        self.names = dict(names)

    @classmethod
    def open(cls, folder: Path, *, yardstick: Yardstick, verify: bool = True) -> Segment:
        """Map a segment from its folder; nothing is read before it is used.

        ``verify`` reads the whole folder once and compares its digest: only a
        caller that wrote it itself may leave that out. Raises ``SegmentError``
        when it is unfinished, damaged, or measured with another yardstick.
        """
        found, about = open_columns(folder, verify=verify)
        names = about.get("names")
        if names != yardstick.names:
            other = sorted(
                name
                for name, value in yardstick.names.items()
                if not isinstance(names, dict) or names.get(name) != value
            )
            raise SegmentError(
                f"The segment {folder.name} was made with another {' and '.join(other)}: make it anew."
            )
        try:
            return cls(Columns(**found), names=yardstick.names)
        except TypeError as error:
            raise SegmentError(f"The segment {folder.name} is damaged: make it anew.") from error

    def write(self, folder: Path) -> None:
        """Write the segment into a new folder; see ``columns.write_columns`` for side effects and errors."""
        write_columns(folder, self.each_column(), {"names": self.names})

    def each_column(self) -> dict[str, Column]:
        """Return the columns by name, in a fixed order."""
        return {field.name: getattr(self.columns, field.name) for field in dataclasses.fields(Columns)}

    @property
    def size(self) -> int:
        """How many statements there are."""
        return len(self.columns.ids)

    def __len__(self) -> int:
        """Return how many suppliers there are."""
        return len(self.columns.suppliers)

    @cached_property
    def owners(self) -> npt.NDArray[np.int32]:
        """The place of each statement's supplier."""
        places = np.arange(len(self), dtype=np.int32)
        return np.repeat(places, np.diff(self.columns.starts))

    @cached_property
    def holders(self) -> Ints:
        """The places of the suppliers that have a statement."""
        return np.flatnonzero(np.diff(self.columns.starts) > 0)

    @cached_property
    def semantic(self) -> Semantic:
        """The vectors."""
        return Semantic(self.columns.vectors, self.columns.norms)

    @cached_property
    def semantic_chance(self) -> Chance:
        """What chance gives each statement by meaning."""
        return Chance(mean=self.columns.semantic_mean, spread=self.columns.semantic_spread)

    @cached_property
    def lexical_chance(self) -> Chance:
        """What chance gives each statement by words."""
        return Chance(mean=self.columns.lexical_mean, spread=self.columns.lexical_spread)

    @cached_property
    def postings(self) -> Postings:
        """Which statements have which terms."""
        own = self.columns
        return Postings(own.terms, own.term_starts, own.term_rows, own.term_weights, self.size)

    @cached_property
    def cpv(self) -> CpvPostings:
        """Which statements have which CPV codes."""
        own = self.columns
        return CpvPostings(own.cpv_codes, own.cpv_starts, own.cpv_rows, self.size)

    def supplier_id(self, place: int) -> str:
        """Return the id of the supplier at a place."""
        return bytes(self.columns.suppliers[place]).decode("utf-8", "surrogatepass")

    def statement_id(self, row: int) -> str:
        """Return the id of a statement."""
        return bytes(self.columns.ids[row]).decode("utf-8", "surrogatepass")

    def document(self, row: int) -> Document:
        """Return a statement with its words; its codes are not part of it."""
        own = self.columns
        first, middle, last = own.word_starts[2 * row : 2 * row + 3].tolist()
        return Document(
            id=self.statement_id(row),
            title=own.words[first:middle].tobytes().decode("utf-8", "surrogatepass"),
            text=own.words[middle:last].tobytes().decode("utf-8", "surrogatepass"),
            date=_day(own.dated[row]),
            weight=float(own.weight[row]),
            level=LEVELS[own.level[row]],
            recorded=_day(own.recorded[row]),
            expires=_day(own.expires[row]),
        )

    def places_of(self, suppliers: npt.NDArray[np.bytes_]) -> Ints:
        """Return the places of those of these ids (``encode_ids``) that are in the segment."""
        own = self.columns.suppliers
        if not len(own) or not len(suppliers):
            return np.zeros(0, dtype=np.int64)
        near = suppliers[(suppliers >= own[0]) & (suppliers <= own[-1])]
        places = np.minimum(np.searchsorted(own, near), len(own) - 1)
        return np.unique(places[own[places] == near])

    def lives(self, day: dt.date | None) -> npt.NDArray[np.bool_]:
        """Tell which statements count on a day: not expired, and of those that say the same only the first."""
        own = self.columns
        live = np.ones(self.size, dtype=np.bool_)
        if day is not None:
            live = (own.expires == 0) | (own.expires > day.toordinal())
        if len(own.twins):
            lasting = live[own.twins]
            rows = own.twins[lasting]
            _, first = np.unique(own.twin_groups[lasting], return_index=True)
            live[rows] = False
            live[rows[first]] = True
        return live


def encode_ids(ids: Sequence[str]) -> npt.NDArray[np.bytes_]:
    """Return ids as bytes of one width, which sort as the texts do.

    Raises ``InputError`` for an id that is too long or ends in a character that
    shows nothing.
    """
    encoded = [one.encode("utf-8", "surrogatepass") for one in ids]
    for name, content in zip(ids, encoded, strict=True):
        if len(content) > LONGEST_ID or content.endswith(b"\0"):
            raise InputError(
                f"The id {name[:40]!r} cannot be used: at most {LONGEST_ID} bytes, no character 0 at its end."
            )
    made: Any = np.array(encoded, dtype=np.bytes_) if encoded else np.zeros(0, dtype="S1")
    result: npt.NDArray[np.bytes_] = made
    return result


def _day(ordinal: Any) -> dt.date | None:
    return dt.date.fromordinal(int(ordinal)) if ordinal else None
