"""The snapshots that scores refer to: how common words are, and what chance looks like.

Both are taken from the statements at one moment, named by their content, and
stored with a run: the same snapshots give the same scores later and elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from engage.matching.errors import InputError
from engage.matching.text import terms
from engage.matching.types import Document
from engage.matching.wording import Wording, content_hash, full_text, wording

SAMPLE_SIZE = 512
SMALL_CORPUS = 50


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """In how many statements each term (stem or pair of stems) occurs.

    ``documents`` is the number of statements counted. Rare pairs are not
    kept; a term not kept is not scored.
    """

    documents: int
    frequencies: Mapping[str, int]

    @cached_property
    def id(self) -> str:
        """The SHA-256 of the content, in hex."""
        return _digest(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the lexicon as JSON-ready data, terms in order."""
        return {"documents": self.documents, "frequencies": dict(sorted(self.frequencies.items()))}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build a lexicon from ``to_dict`` data."""
        return cls(documents=int(data["documents"]), frequencies=dict(data["frequencies"]))


@dataclass(frozen=True, kw_only=True)
class Background:
    """A sample of statements; likeness to it is what chance alone gives a statement."""

    statements: tuple[Wording, ...]

    @cached_property
    def id(self) -> str:
        """The SHA-256 of the content, in hex."""
        return _digest(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the sample as JSON-ready data."""
        return {"statements": [list(statement) for statement in self.statements]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build a sample from ``to_dict`` data."""
        return cls(statements=tuple(Wording(title, full) for title, full in data["statements"]))


def build_lexicon(documents: Iterable[Document], *, min_documents: int = 2) -> Lexicon:
    """Count the terms of these statements, the same statement once.

    Every single word is kept: the one supplier who writes "biometric" may be the
    one who is sought. Pairs of words are kept from ``min_documents`` statements
    on, which leaves out most of them; under fifty statements all are kept.
    """
    if min_documents < 1:
        raise InputError("min_documents is 1 or more.")
    frequencies: Counter[str] = Counter()
    different = {full_text(document) for document in documents} - {""}
    for text in different:
        frequencies.update(terms(text).keys())
    least = min_documents if len(different) >= SMALL_CORPUS else 1
    kept = {term: count for term, count in sorted(frequencies.items()) if count >= least or " " not in term}
    return Lexicon(documents=len(different), frequencies=kept)


def build_background(documents: Iterable[Document], *, size: int = SAMPLE_SIZE) -> Background:
    """Choose ``size`` different statements in order of their SHA-256.

    Which ones are chosen depends on nothing but the texts: the order they come
    in does not matter, and nobody can choose a text so as to be left out without
    changing what it says.
    """
    by_hash: dict[str, Wording] = {}
    for document in documents:
        said = wording(document)
        name = content_hash(said.full)
        by_hash[name] = min(said, by_hash.get(name, said))
    return Background(
        statements=tuple(by_hash[name] for name in sorted(by_hash) if by_hash[name].full)[:size]
    )


def _digest(data: Mapping[str, Any]) -> str:
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
