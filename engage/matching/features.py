"""Vectors of texts, kept by what the text says, in a form that is exact everywhere.

A vector is stored as whole numbers from -127 to 127, one byte each. The dot
product of two such vectors of up to 1,040 numbers is a whole number below 2^24
and therefore exact in 32-bit floating point, whatever the machine, the library or
the order of summation: the same stored vectors give the same scores anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engage.matching.background import Background
from engage.matching.embedders import Embedder, Kind
from engage.matching.errors import InputError, MissingVectorsError
from engage.matching.text import normalise
from engage.matching.types import ChallengeText, SupplierProfile
from engage.matching.wording import Wording, content_hash, wording

Packed = npt.NDArray[np.int8]
Progress = Callable[[int, int], None]

_LEVELS = 127
_CHUNK = 64


def pack(vectors: npt.NDArray[np.floating[Any]]) -> Packed:
    """Turn ``float32[n, dim]`` into ``int8[n, dim]``, each row by its largest number.

    Raises ``InputError`` when a number is not finite.
    """
    if not np.isfinite(vectors).all():
        raise InputError("An embedder returned numbers that are not finite.")
    largest = np.maximum(np.abs(vectors).max(axis=1, initial=0.0), 1e-12)
    packed: Packed = np.rint(vectors * (_LEVELS / largest)[:, None]).astype(np.int8)
    return packed


def _unit(rows: Packed) -> npt.NDArray[np.float64]:
    """Return rows of length 1; the length is the root of a whole number, the same everywhere."""
    whole = rows.astype(np.int64)
    lengths = np.sqrt(np.maximum((whole * whole).sum(axis=1), 1).astype(np.float64))
    unit: npt.NDArray[np.float64] = whole / lengths[:, None]
    return unit


def add_titles(rows: Packed, titles: Packed, *, weight: float) -> Packed:
    """Return vectors of texts with a part of their titles' added, packed again.

    A title says in a few words what a text is about; in the vector of a long
    text it hardly shows.
    """
    return pack(_unit(rows) + weight * _unit(titles))


class Features:
    """A store of vectors of ONE embedder, by ``content_hash``.

    A caller with a database fills it from stored rows (``load``) and saves what
    ``encode_missing`` reports. ``digest`` and ``dim`` are the embedder's;
    ``dim`` 0 (the embedder ``none``) needs no vectors at all.
    """

    def __init__(self, *, digest: str, dim: int) -> None:
        self.digest = digest
        self.dim = dim
        self._rows: dict[str, Packed] = {}

    @classmethod
    def of(cls, embedder: Embedder) -> Features:
        """Return an empty store for the vectors of this embedder."""
        return cls(digest=embedder.digest, dim=embedder.dim)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: str) -> bool:
        return self.dim == 0 or name in self._rows

    def load(self, rows: Mapping[str, bytes]) -> None:
        """Take in stored vectors, ``content_hash`` to ``dim`` bytes (from ``dump``)."""
        for name, content in rows.items():
            if len(content) != self.dim:
                raise InputError(f"The stored vector {name} has {len(content)} bytes instead of {self.dim}.")
            self._rows[name] = np.frombuffer(content, dtype=np.int8)

    def dump(self, names: Iterable[str] | None = None) -> dict[str, bytes]:
        """Return vectors as bytes for storing, in order of name; all when none are named."""
        chosen = self._rows if names is None else [name for name in names if name in self._rows]
        return {name: self._rows[name].tobytes() for name in sorted(chosen)}

    def add(self, name: str, vector: Packed) -> None:
        """Keep one packed vector under its ``content_hash``."""
        self._rows[name] = vector

    def matrix(self, names: Sequence[str]) -> Packed:
        """Return the vectors of these names as ``int8[n, dim]``.

        Raises ``MissingVectorsError`` with how many are missing.
        """
        if self.dim == 0 or not names:
            return np.zeros((len(names), self.dim), dtype=np.int8)
        missing = sum(name not in self._rows for name in names)
        if missing:
            raise MissingVectorsError(
                f"{missing} of {len(names)} texts have no vector yet: call encode_missing first."
            )
        return np.stack([self._rows[name] for name in names])

    def wordings(self, items: Sequence[Wording], kind: Kind, *, title_weight: float) -> Packed:
        """Return one vector a wording: the full text's plus a part of the title's.

        Wordings without a title of their own keep the vector of the text; one
        without words gets zeros. Raises ``MissingVectorsError``.
        """
        said = [i for i, item in enumerate(items) if item.full]
        rows = np.zeros((len(items), self.dim), dtype=np.int8)
        rows[said] = self.matrix([content_hash(items[i].full, kind) for i in said])
        titled = [i for i, item in enumerate(items) if item.title not in ("", item.full)]
        if not titled or not self.dim or not title_weight:
            return rows
        titles = self.matrix([content_hash(items[i].title, kind) for i in titled])
        rows[titled] = add_titles(rows[titled], titles, weight=title_weight)
        return rows


def texts_to_encode(
    *,
    suppliers: Iterable[SupplierProfile] = (),
    challenges: Iterable[ChallengeText] = (),
    background: Background | None = None,
) -> dict[Kind, list[str]]:
    """Return every text that needs a vector, by kind, each once, in the order given.

    A statement or a challenge needs two: its full text and its title.
    """
    statements = [wording(document) for s in suppliers for document in s.documents]
    if background is not None:
        statements.extend(background.statements)
    return {
        "document": _each_once(statements),
        "challenge": _each_once([wording(challenge) for challenge in challenges]),
    }


def _each_once(wordings: Iterable[Wording]) -> list[str]:
    return list(dict.fromkeys(text for item in wordings for text in (item.full, item.title) if text))


def encode_missing(
    features: Features,
    texts: Sequence[str],
    embedder: Embedder,
    *,
    kind: Kind = "document",
    progress: Progress | None = None,
) -> list[str]:
    """Encode the texts that ``features`` does not hold yet and add them.

    ``progress(done, total)`` is called after each batch. Returns the names of
    the vectors added, so that the caller can save them with ``dump``. Raises
    ``InputError`` when the embedder is not the one the store belongs to.
    """
    if embedder.digest != features.digest:
        raise InputError("These vectors belong to another embedder; start a store of its own.")
    wanted = {content_hash(text, kind): normalise(text) for text in texts}
    names = [name for name in wanted if name not in features]
    names.sort(key=lambda name: (len(wanted[name]), name))
    for start in range(0, len(names), _CHUNK):
        chunk = names[start : start + _CHUNK]
        rows = pack(embedder.encode([wanted[name] for name in chunk], kind))
        for name, row in zip(chunk, rows, strict=True):
            features.add(name, row)
        if progress is not None:
            progress(start + len(chunk), len(names))
    return names
