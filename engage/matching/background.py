"""The snapshots that scores refer to: how common words are, and what chance looks like.

Both are taken from the statements at one moment, named by their content, and
stored with a run: the same snapshots give the same scores later and elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from engage.matching.errors import InputError
from engage.matching.reading import PAIR, Hashes, read_wording, unpack, words_named
from engage.matching.types import Document
from engage.matching.wording import Wording, content_hash, wording

SAMPLE_SIZE = 512
SMALL_CORPUS = 50

_LEXICON = b"engage lexicon 1\n"
_AT_ONCE = 20_000
_NOTHING = words_named(read_wording(Wording(title="", full="")))


@dataclass(frozen=True, kw_only=True, eq=False)
class Lexicon:
    """In how many statements each term (stem or pair of stems) occurs.

    ``documents`` is the number of statements counted; ``hashes`` name the terms
    (``reading.term_hash``), rising, and ``counts`` belong to them. Rare pairs
    are not kept; a term not kept is not scored.
    """

    documents: int
    hashes: Hashes
    counts: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.hashes)

    @cached_property
    def id(self) -> str:
        """The SHA-256 of the content, in hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Return the lexicon for storing: twelve bytes a term."""
        sizes = np.array([self.documents, len(self.hashes)], dtype="<u8")
        return b"".join(
            (
                _LEXICON,
                sizes.tobytes(),
                self.hashes.astype("<u8").tobytes(),
                self.counts.astype("<u4").tobytes(),
            )
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the lexicon stored by ``to_bytes``; ``InputError`` when it is something else."""
        head = len(_LEXICON) + 16
        sizes = np.frombuffer(content[len(_LEXICON) : head].ljust(16, b"\0"), dtype="<u8")
        documents, size = (int(number) for number in sizes)
        if not content.startswith(_LEXICON) or len(content) != head + 12 * size:
            raise InputError("This is no stored lexicon, or a damaged one: take the snapshot again.")
        return cls(
            documents=documents,
            hashes=np.frombuffer(content, dtype="<u8", count=size, offset=head),
            counts=np.frombuffer(content, dtype="<u4", offset=head + 8 * size),
        )


@dataclass(frozen=True, kw_only=True)
class Background:
    """A sample of statements; likeness to it is what chance alone gives a statement."""

    statements: tuple[Wording, ...]

    @cached_property
    def id(self) -> str:
        """The SHA-256 of the content, in hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Return the sample for storing: its texts as JSON."""
        texts = [list(statement) for statement in self.statements]
        return json.dumps(texts, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the sample stored by ``to_bytes``; ``InputError`` when it is something else."""
        try:
            return cls(statements=tuple(Wording(title, full) for title, full in json.loads(content)))
        except (ValueError, TypeError) as error:
            raise InputError(
                "This is no stored background, or a damaged one: take the snapshot again."
            ) from error


def build_lexicon(documents: Iterable[Document], *, min_documents: int = 2) -> Lexicon:
    """Count the terms of these statements; see ``count_readings``."""
    return count_readings((read_wording(wording(one)) for one in documents), min_documents=min_documents)


def count_readings(readings: Iterable[bytes], *, min_documents: int = 2) -> Lexicon:
    """Count the terms of statements from their readings, the same words once.

    Every single word is kept: the one supplier who writes "biometric" may be the
    one who is sought. Pairs of words are kept from ``min_documents`` statements
    on, which leaves out most of them; under fifty statements all are kept.
    Raises ``InputError`` for a reading of another edition.
    """
    if min_documents < 1:
        raise InputError("min_documents is 1 or more.")
    seen: set[bytes] = {_NOTHING}
    total = _Counted.of([])
    block: list[bytes] = []
    for reading in _different(readings, seen):
        block.append(reading)
        if len(block) == _AT_ONCE:
            total = total.plus(_Counted.of(block))
            block = []
    total = total.plus(_Counted.of(block))
    different = len(seen) - 1
    least = min_documents if different >= SMALL_CORPUS else 1
    kept = (total.counts >= least) | ~total.pairs
    return Lexicon(
        documents=different, hashes=total.hashes[kept], counts=total.counts[kept].astype(np.uint32)
    )


def build_background(documents: Iterable[Document], *, size: int = SAMPLE_SIZE) -> Background:
    """Choose ``size`` different statements in order of their SHA-256.

    Which ones are chosen depends on nothing but the texts: the order they come
    in does not matter, and nobody can choose a text so as to be left out without
    changing what it says.
    """
    return sample((wording(document) for document in documents), size=size)


def sample(texts: Iterable[Wording], *, size: int = SAMPLE_SIZE) -> Background:
    """Choose a background from cleaned texts; see ``build_background``."""
    by_hash: dict[str, Wording] = {}
    for said in texts:
        name = content_hash(said.full)
        by_hash[name] = min(said, by_hash.get(name, said))
    return Background(
        statements=tuple(by_hash[name] for name in sorted(by_hash) if by_hash[name].full)[:size]
    )


def _different(readings: Iterable[bytes], seen: set[bytes]) -> Iterator[bytes]:
    for reading in readings:
        name = words_named(reading)
        if name not in seen:
            seen.add(name)
            yield reading


@dataclass(frozen=True, slots=True)
class _Counted:
    """Terms in order of hash, in how many statements each occurs, and whether it is a pair."""

    hashes: Hashes
    counts: npt.NDArray[np.int64]
    pairs: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, readings: list[bytes]) -> _Counted:
        found, _ = unpack(readings)
        hashes, first, counts = np.unique(found.hashes, return_index=True, return_counts=True)
        return cls(hashes, counts.astype(np.int64), (found.flags[first] & PAIR) > 0)

    def plus(self, other: _Counted) -> _Counted:
        every = np.concatenate([self.hashes, other.hashes])
        hashes, first, place = np.unique(every, return_index=True, return_inverse=True)
        counts = np.zeros(len(hashes), dtype=np.int64)
        counts[place[: len(self.hashes)]] += self.counts
        counts[place[len(self.hashes) :]] += other.counts
        return _Counted(hashes, counts, np.concatenate([self.pairs, other.pairs])[first])
