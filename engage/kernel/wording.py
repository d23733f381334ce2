"""Texts compared and put together word by word: what was taken out, what came in, what two people wrote at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_WORD = re.compile(r"(\S+)(\s*)")
_SENTENCE = re.compile(r"(\S(?:[^\n]*?[.!?](?=\s)|[^\n]*))(\s*)")


class Change(StrEnum):
    """What became of some words."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Piece:
    """Some words in a row that share one fate."""

    change: Change
    text: str


@dataclass(frozen=True)
class Merged:
    """Two texts put together; ``clean`` tells whether they never touched the same words."""

    text: str
    clean: bool


@dataclass(frozen=True)
class _Token:
    """A word or a sentence with the white space after it; two are equal when they read the same."""

    text: str
    gap: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Token) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, bool]:
        return self.text, self.gap.count("\n") > 1


Chunk = tuple[slice, slice, slice]


def compare(before: str, after: str) -> list[Piece]:
    """Return ``before`` and ``after`` as one row of pieces: what was kept, removed and added, word by word.

    The pieces that are not ``ADDED`` read as ``before``, those not ``REMOVED`` as ``after``, apart from white
    space between words. Quadratic in the number of words: meant for texts of some thousand words.
    """
    old, new = _tokens(before.strip()), _tokens(after.strip())
    found: list[Piece] = []
    for kind, first, last, start, end in _matcher(old, new).get_opcodes():
        if kind == "equal":
            found.append(Piece(Change.KEPT, _joined(new[start:end])))
            continue
        if last > first:
            found.append(Piece(Change.REMOVED, _joined(old[first:last])))
        if end > start:
            found.append(Piece(Change.ADDED, _joined(new[start:end])))
    return found


def merge(base: str, theirs: str, yours: str) -> Merged:
    """Return a text with what ``theirs`` and ``yours`` each changed in ``base``; nothing that was added is lost.

    Changes to different words are put together word by word. Where both touched the same words, whole
    sentences are compared instead, and of a sentence that both rewrote both are kept, theirs first.
    """
    words, clean = _merged(*(_tokens(text.strip()) for text in (base, theirs, yours)))
    if clean:
        return Merged(words, clean=True)
    sentences, _ = _merged(*(_tokens(text.strip(), _SENTENCE) for text in (base, theirs, yours)))
    return Merged(sentences, clean=False)


def _merged(base: list[_Token], theirs: list[_Token], yours: list[_Token]) -> tuple[str, bool]:
    clean, kept = True, list[_Token]()
    for was, they, you in _chunks(base, theirs, yours):
        old, their, your = base[was], theirs[they], yours[you]
        if their == old:
            kept += your
        elif your in (old, their):
            kept += their
        else:
            clean = False
            kept += [*their, *(token for token in your if token not in their)]
    spaced = [_Token(token.text, token.gap or " ") for token in kept]
    return _joined(spaced).strip(), clean


def _chunks(base: list[_Token], theirs: list[_Token], yours: list[_Token]) -> Iterator[Chunk]:
    """Cut the three texts at what all of them share: a shared stretch, then a stretch that differs, in turn."""
    was = they = you = 0
    for start, end, their, your in _shared(base, theirs, yours):
        yield slice(was, start), slice(they, their), slice(you, your)
        length = end - start
        yield slice(start, end), slice(their, their + length), slice(your, your + length)
        was, they, you = end, their + length, your + length


def _shared(
    base: list[_Token], theirs: list[_Token], yours: list[_Token]
) -> Iterator[tuple[int, int, int, int]]:
    """Give the stretches of ``base`` that stand in both others, and where; the last one is empty, at the ends."""
    ours = _matcher(base, yours).get_matching_blocks()
    for mine in _matcher(base, theirs).get_matching_blocks():
        for other in ours:
            start, end = max(mine.a, other.a), min(mine.a + mine.size, other.a + other.size)
            if start < end:
                yield start, end, mine.b + start - mine.a, other.b + start - other.a
    yield len(base), len(base), len(theirs), len(yours)


def _matcher(old: Sequence[_Token], new: Sequence[_Token]) -> SequenceMatcher[_Token]:
    return SequenceMatcher(None, old, new, autojunk=False)


def _tokens(text: str, pattern: re.Pattern[str] = _WORD) -> list[_Token]:
    return [_Token(*found) for found in pattern.findall(text)]


def _joined(tokens: Sequence[_Token]) -> str:
    return "".join(f"{token.text}{token.gap}" for token in tokens)
