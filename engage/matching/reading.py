"""The reading of a statement: its stems, packed, so that no text need be read twice.

A reading is made when a text is saved and kept beside it. It holds no words:
a term (a stem or a pair of neighbouring stems) is named by 64 bits of its hash.
The bytes are: one for the edition, sixteen that name the words read, then the
terms in order of their hash: all hashes, all counts, all flags.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engage.matching.errors import InputError
from engage.matching.text import terms
from engage.matching.types import Document
from engage.matching.wording import Wording, wording

#: A change of the stems, of the hash or of the form changes it; readings of another edition are refused.
READING_EDITION = 1
TITLED = 1
PAIR = 2

Hashes = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

_NAME = 16
_HEAD = 1 + _NAME
_TERM = 8 + 1 + 1
_MOST = 255


@dataclass(frozen=True, slots=True)
class Reading:
    """Terms of one text, or of many one after the other, in order of their hash within each text.

    ``counts`` end at 255; ``flags`` say ``TITLED`` (the title has the term) and
    ``PAIR`` (two words).
    """

    hashes: Hashes
    counts: Bytes
    flags: Bytes

    def __len__(self) -> int:
        return len(self.hashes)


@lru_cache(maxsize=1 << 16)
def term_hash(term: str) -> int:
    """Return the 64 bits by which a term is known."""
    return int.from_bytes(
        hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little"
    )


def read_words(title: str, text: str) -> bytes:
    """Return the reading of a statement: what is compared of its words, packed.

    A pure function of the two texts and ``READING_EDITION``; 17 bytes and ten
    more for each different term.
    """
    return read_wording(wording(Document(id="", title=title, text=text)))


def read_wording(said: Wording) -> bytes:
    """Return the reading of a text already cleaned; see ``read_words``."""
    titled = terms(said.title)
    found = sorted(
        (term_hash(term), min(count, _MOST), (TITLED if term in titled else 0) | (PAIR if " " in term else 0))
        for term, count in terms(said.full).items()
    )
    name = hashlib.blake2b(said.full.casefold().encode("utf-8", "surrogatepass"), digest_size=_NAME).digest()
    hashes = np.array([one for one, _, _ in found], dtype="<u8")
    return b"".join(
        (
            bytes([READING_EDITION]),
            name,
            hashes.tobytes(),
            bytes(count for _, count, _ in found),
            bytes(flags for _, _, flags in found),
        )
    )


def words_named(reading: bytes) -> bytes:
    """Return the sixteen bytes that name the words: texts that read alike have the same, upper case or lower."""
    return reading[1:_HEAD]


def count_terms(reading: bytes) -> int:
    """Return how many different terms a reading holds.

    Raises ``InputError`` when it is of another edition or cut off.
    """
    size, rest = divmod(len(reading) - _HEAD, _TERM)
    if len(reading) < _HEAD or rest or reading[0] != READING_EDITION:
        raise InputError("A stored reading is damaged or of another edition: read the statement again.")
    return size


def read_sentences(texts: Sequence[str]) -> tuple[Reading, list[int]]:
    """Return the terms of short cleaned texts one after the other, and how many each has.

    As ``unpack`` of their readings, only in no order within a text.
    """
    each = [terms(text) for text in texts]
    listed = [term for found in each for term in found]
    counts = [min(count, _MOST) for found in each for count in found.values()]
    return (
        Reading(
            np.array([term_hash(term) for term in listed], dtype=np.uint64),
            np.array(counts, dtype=np.uint8),
            np.array([PAIR if " " in term else 0 for term in listed], dtype=np.uint8),
        ),
        [len(found) for found in each],
    )


def unpack(readings: Iterable[bytes]) -> tuple[Reading, list[int]]:
    """Return the terms of many readings one after the other, and how many each has."""
    sizes: list[int] = []
    parts: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
    for reading in readings:
        size = count_terms(reading)
        sizes.append(size)
        counts = _HEAD + 8 * size
        parts[0].append(reading[_HEAD:counts])
        parts[1].append(reading[counts : counts + size])
        parts[2].append(reading[counts + size :])
    hashes, counted, flags = (b"".join(part) for part in parts)
    return (
        Reading(
            np.frombuffer(hashes, dtype="<u8").astype(np.uint64, copy=False),
            np.frombuffer(counted, dtype=np.uint8),
            np.frombuffer(flags, dtype=np.uint8),
        ),
        sizes,
    )
