"""Copied and stuffed words: what a statement has from the challenge itself counts nothing for it.

A statement written after a challenge was published may repeat its text, or
string its words together. Such words are found one by one, and the statement
counts by what is left of it. A statement recorded before cannot have copied:
it may well be the notice of the contract that the supplier really had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engage.matching.prose import lists
from engage.matching.text import stems, telling, telling_words, word_spans
from engage.matching.wording import Wording

#: Words in a row that are the same as in the challenge make them copied.
RUN = 5
#: So many of these many telling words in a row stand in the challenge too: they were put together from it.
WINDOW, WINDOW_SHARED = 12, 10
#: Rows of words without sentences, of which so large a part stands in the challenge.
LIST_LONGER_THAN, LIST_SHARED = 8, 0.4
#: Up to the first share of copied words what is left counts in full, from the second on nothing.
COUNTS_FULLY, COUNTS_NOT = 0.1, 0.5

#: The title of a challenge is known again from so many telling words on.
TITLE_FROM = 3

_Word = tuple[int, int, str]


@dataclass(frozen=True, kw_only=True)
class Source:
    """The words of a challenge, ready to be looked for in statements."""

    runs: frozenset[tuple[str, ...]]
    stems: frozenset[str]
    title: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What a statement has from a challenge.

    ``share`` is the larger of two parts: of the statement's telling words those
    that are copied, of the challenge's runs of five words those that are found.
    ``rest`` is the statement without the copied words.
    """

    share: float
    rest: Wording


def source_of(challenge: Wording) -> Source:
    """Prepare the text of a challenge."""
    plain = [word for _, _, word in _words(challenge.full)]
    return Source(
        runs=frozenset(_runs(plain)),
        stems=frozenset(stems(telling_words(challenge.full))),
        title=tuple(stems(telling_words(challenge.title))),
    )


def may_copy(*, recorded: dt.date | None, published: dt.date | None) -> bool:
    """Tell whether a statement can have its words from a challenge.

    It cannot when its words were recorded on a day before the challenge was
    published. Where either day is unknown it can.
    """
    return recorded is None or published is None or recorded >= published


def find_copied(source: Source, said: Wording) -> Copied:
    """Find the words of a statement that are the challenge's.

    Copied are: runs of five words and more that stand in the challenge in this
    order; its title, of three telling words and more; ten of twelve telling words
    in a row that stand in it anywhere, in any form, or as large a part of a
    shorter statement; and rows of words without sentences, two fifths of which
    do. Takes time in proportion to the statement.
    """
    found = _words(said.full)
    plain = [word for _, _, word in found]
    copied = [False] * len(plain)
    for first, end in (*_copied_runs(source, plain), *_gathered(source, plain)):
        copied[first:end] = [True] * (end - first)
    told = [telling(word) is not None for word in plain]
    of_statement = sum(a and b for a, b in zip(copied, told, strict=True)) / max(sum(told), 1)
    of_challenge = len(source.runs.intersection(_runs(plain))) / max(len(source.runs), 1)
    kept = [(start, word) for (start, _, word), gone in zip(found, copied, strict=True) if not gone]
    return Copied(
        share=max(of_statement, of_challenge),
        rest=Wording(
            title=" ".join(word for start, word in kept if start < len(said.title)),
            full=" ".join(word for _, word in kept),
        ),
    )


def counted_part(copied: Copied, *, points: Callable[[Wording], float], whole: float) -> float:
    """Return by what a statement's points are multiplied, from 0 to 1.

    ``points`` gives what a wording has by its words alone, above chance, and
    ``whole`` is that of the statement as it stands. What is left of it counts
    in proportion; with more than a tenth copied it counts less, with half nothing.
    """
    if copied.share <= 0:
        return 1.0
    falling = (COUNTS_NOT - copied.share) / (COUNTS_NOT - COUNTS_FULLY)
    if falling <= 0 or whole <= 0:
        return 0.0
    left = min(max(points(copied.rest) / whole, 0.0), 1.0)
    return left * min(falling, 1.0)


def _words(clean: str) -> list[_Word]:
    return [(start, end, clean[start:end].casefold()) for start, end in word_spans(clean)]


def _runs(plain: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(plain[i : i + RUN]) for i in range(len(plain) - RUN + 1))


def _copied_runs(source: Source, plain: Sequence[str]) -> Iterator[tuple[int, int]]:
    return ((i, i + RUN) for i, run in enumerate(_runs(plain)) if run in source.runs)


def _gathered(source: Source, plain: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the places that were put together from the challenge's words."""
    told = [(place, word) for place, word in enumerate(map(telling, plain)) if word is not None]
    stemmed = stems([word for _, word in told])
    shared = [stem in source.stems for stem in stemmed]
    for first, last in _thick(shared):
        yield told[first][0], told[last][0] + 1
    size = len(source.title)
    for first in range(len(told) - size + 1 if size >= TITLE_FROM else 0):
        if tuple(stemmed[first : first + size]) == source.title:
            yield told[first][0], told[first + size - 1][0] + 1
    by_place = {place: one for (place, _), one in zip(told, shared, strict=True)}
    for first, end in lists(plain, longer_than=LIST_LONGER_THAN):
        inside = [by_place[place] for place in range(first, end) if place in by_place]
        if inside and sum(inside) >= LIST_SHARED * len(inside):
            yield first, end


def _thick(shared: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield first and last of the rows in which nearly all are shared."""
    size = min(WINDOW, len(shared))
    for first in range(len(shared) - size + 1 if size else 0):
        if sum(shared[first : first + size]) * WINDOW >= size * WINDOW_SHARED:
            yield first, first + size - 1
