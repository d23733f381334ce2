"""Copied and stuffed words: what a statement has from the challenge itself counts nothing for it.

A statement written after a challenge was published may repeat its text, or
string its words together. Such words are found one by one, and the statement
counts by what is left of it. A statement recorded on a day before cannot have
copied: it may well be the notice of the contract that the supplier really had.
Where a day is unknown it is not excused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engage.matching.prose import LIST_WORDS, LONGEST_TEXT, LONGEST_TITLE, lists, prose
from engage.matching.text import normalise, stems, telling, telling_words, word_spans
from engage.matching.wording import Wording

#: Words in a row that are the same as in the challenge make them copied.
RUN = 5
#: Of twenty telling words in a row so many stand in the challenge too: they were put together from it.
WINDOW, WINDOW_SHARED = 20, 17
#: A statement of up to so many telling words that all stand in the challenge says nothing of its own.
NOTHING_OWN = 6
#: Where no sentences are made, seven of eight in a row are enough, and two fifths of a long list.
ROW, ROW_SHARED, LIST_SHARED = 8, 7, 0.4
#: Up to the first share of copied words what is left counts in full, from the second on nothing.
COUNTS_FULLY, COUNTS_NOT = 0.1, 0.5

#: Statements whose words are less like the challenge than this (a cosine) cannot have gained from it.
LOOKED_AT_FROM = 0.06
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
    """What a statement has from a challenge; ``NOTHING`` when it has nothing.

    ``share`` is the larger of two parts: of the statement's telling words those
    that are copied, of the challenge's runs of five words those that are found.
    ``rest`` is what is compared of the statement without the copied words.
    """

    share: float
    rest: Wording


NOTHING = Copied(share=0.0, rest=Wording(title="", full=""))


def source_of(challenge: Wording) -> Source:
    """Prepare the text of a challenge."""
    plain = [word for _, _, word in _words(challenge.full)]
    return Source(
        runs=frozenset(_runs(plain)),
        stems=frozenset(stems(telling_words(challenge.full))),
        title=tuple(stems(telling_words(challenge.title))),
    )


def find_copied(source: Source, *, title: str, text: str) -> Copied:
    """Find the words of a statement, as it was written, that are the challenge's.

    Copied are: runs of five words and more that stand in the challenge in this
    order; its title, of three telling words and more; seventeen of twenty telling
    words in a row that stand in it anywhere, in any form, or all of a few; and
    where no sentences are made, seven of eight words, or two fifths of a list. Words count here that are
    left out of the comparison, such as the end of a long list: they show how the
    rest came about. Takes time in proportion to the statement.
    """
    heading = normalise(title[:LONGEST_TITLE])
    found = _words(f"{heading}. {normalise(text[:LONGEST_TEXT])}")
    plain = [word for _, _, word in found]
    copied = [False] * len(plain)
    for first, end in (*_copied_runs(source, plain), *_gathered(source, plain)):
        copied[first:end] = [True] * (end - first)
    if not any(copied):
        return NOTHING
    told = [telling(word) is not None for word in plain]
    of_statement = sum(a and b for a, b in zip(copied, told, strict=True)) / max(sum(told), 1)
    of_challenge = len(source.runs.intersection(_runs(plain))) / max(len(source.runs), 1)
    kept = [(start, word) for (start, _, word), gone in zip(found, copied, strict=True) if not gone]
    return Copied(
        share=max(of_statement, of_challenge),
        rest=Wording(
            title=prose(" ".join(word for start, word in kept if start < len(heading))).text,
            full=prose(" ".join(word for _, word in kept)).text,
        ),
    )


def counted_part(share: float, *, whole: float, rest: float) -> float:
    """Return by what a statement's points are multiplied, from 0 to 1.

    ``whole`` and ``rest`` are what its words have above chance as they stand and
    without the copied ones: it counts in proportion to what is left. With more
    than a tenth copied it counts less than that, with half nothing.
    """
    if share <= 0:
        return 1.0
    falling = min(max((COUNTS_NOT - share) / (COUNTS_NOT - COUNTS_FULLY), 0.0), 1.0)
    left = min(max(rest, 0.0) / whole, 1.0) if whole > 0 else 1.0
    return falling * left


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
    if 0 < len(told) <= NOTHING_OWN and all(shared):
        yield 0, len(plain)
    for first in _thick(shared, WINDOW, WINDOW_SHARED):
        yield told[first][0], told[first + WINDOW - 1][0] + 1
    size = len(source.title)
    for first in range(len(told) - size + 1 if size >= TITLE_FROM else 0):
        if tuple(stemmed[first : first + size]) == source.title:
            yield told[first][0], told[first + size - 1][0] + 1
    for first, end in lists(plain, longer_than=ROW):
        inside = [i for i, (place, _) in enumerate(told) if first <= place < end]
        row = [shared[i] for i in inside]
        if len(row) > LIST_WORDS and sum(row) >= LIST_SHARED * len(row):
            yield first, end
        for start in _thick(row, ROW, ROW_SHARED):
            yield told[inside[start]][0], told[inside[start + ROW - 1]][0] + 1


def _thick(shared: Sequence[bool], size: int, least: int) -> Iterator[int]:
    """Yield where each row of ``size`` starts in which at least so many are shared."""
    return (first for first in range(len(shared) - size + 1) if sum(shared[first : first + size]) >= least)
