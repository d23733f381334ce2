"""What counts of a statement's words: repeated sentences once, lists of words by their beginning.

Nothing here knows a challenge: it happens when a text is saved, and the supplier
can be shown what was left out and why. Copies of a challenge are found later, in
``engage.matching.copies``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from itertools import groupby
from typing import NamedTuple

from engage.matching.text import normalise, sentences, stop_words, word_spans, words

#: More than any form accepts; what comes after is not read (files and imports may bring anything).
LONGEST_TEXT = 20_000
LONGEST_TITLE = 1_000
#: Of all long lists of a text together so many words count.
LIST_WORDS = 20
#: So many words in a row without one that joins them are no sentence. Of 11,594 real statements
#: one in a hundred has a stretch made of such rows that is longer than twenty words.
_BARE = 8
_TURNED = re.compile("[\u202d\u202e][^\u202c\n\r\u2028\u2029]*\u202c?")
#: Sentences that speak to whoever ranks. No model obeys them, but their words would count like others.
_ADDRESSED = re.compile(
    r"""<\|[^>]*\|> | \[/?INST\] | </?(?:s|system|assistant|user)>
    | ^\W*(?:system|assistant|user|(?:dear\ )?(?:ai|matcher|ranker|algorithm))\s*[:,]
    | \b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|prompts?)\b
    | \b(?:ignore|disregard|forget|override)\b.{0,20}\b(?:ranking|matching|scoring)\b
    | \byou\ are\ (?:a|an|the)\b.{0,30}\b(?:ai|assistant|language\ model|matcher|ranker|algorithm)\b
    | \b(?:rank|score|rate|place|mark|select|shortlist|recommend|give|list)\ (?:us|it|this|our|my)\b.{0,40}
      \b(?:first|top|highest|best|strong|score|rank)
    | \b(?:best|strong(?:est)?|perfect|ideal|top)\ (?:match|fit|candidate|supplier)\ for
      \ (?:this|every|any|all|each)\ (?:challenge|query|question|search|request|brief)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_KEPT = 8_192


class LeftOutBecause(StrEnum):
    """Why words of a statement are not compared with anything."""

    TOO_LONG = "too_long"
    TURNED = "turned"
    ADDRESSED = "addressed"
    REPEATED = "repeated"
    LIST = "list"

    @property
    def sentence(self) -> str:
        """The reason for people."""
        return _SENTENCES[self]


_SENTENCES = {
    LeftOutBecause.TOO_LONG: f"Only the first {LONGEST_TEXT:,} characters are read.",
    LeftOutBecause.TURNED: "Words whose direction was turned round are not what a reader sees.",
    LeftOutBecause.ADDRESSED: "Nobody reads words addressed to the matcher; describe what you did.",
    LeftOutBecause.REPEATED: "The same sentence counts once.",
    LeftOutBecause.LIST: f"Long lists of words count by their first {LIST_WORDS} words; write sentences.",
}


class LeftOut(NamedTuple):
    """Words of a text that do not count, as they were written (cleaned)."""

    because: LeftOutBecause
    words: str


class Prose(NamedTuple):
    """A text as it is compared, on one line, and what was left out of it."""

    text: str
    left_out: tuple[LeftOut, ...]


@lru_cache(maxsize=_KEPT)
def prose(text: str, *, longest: int = LONGEST_TEXT) -> Prose:
    """Clean a text of a statement (``normalise``) and take out what would only repeat or list words.

    In this order: what lies beyond ``longest`` characters; what is shown turned
    round; sentences that speak to the matcher; each sentence that stands before
    already, whatever its capitals and punctuation; of lists of words all but
    their first twenty. Work and memory are bounded by ``longest``.
    """
    left_out: list[LeftOut] = []
    if len(text) > longest:
        left_out.append(LeftOut(LeftOutBecause.TOO_LONG, normalise(text[longest : 2 * longest])))
        text = text[:longest]
    text = _cut(text, (match.span() for match in _TURNED.finditer(text)), LeftOutBecause.TURNED, left_out)
    # By line first: a hidden character must not keep the end of a sentence from being seen.
    lines = "\n".join(normalise(line) for line in text.splitlines())
    lines = _cut(lines, _addressed(lines), LeftOutBecause.ADDRESSED, left_out)
    once = _cut(lines, _repeated(lines), LeftOutBecause.REPEATED, left_out)
    clean = normalise(once)
    return Prose(normalise(_cut(clean, _beyond_lists(clean), LeftOutBecause.LIST, left_out)), tuple(left_out))


def _cut(
    text: str, spans: Iterator[tuple[int, int]], because: LeftOutBecause, left_out: list[LeftOut]
) -> str:
    kept: list[str] = []
    last = 0
    for start, end in spans:
        kept.append(text[last:start])
        left_out.append(LeftOut(because, normalise(text[start:end])))
        last = end
    return "".join([*kept, text[last:]])


def _addressed(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences that speak to whoever ranks."""
    return ((start, end) for start, end in sentences(text) if _ADDRESSED.search(text[start:end]))


def _repeated(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences that were said before."""
    seen: set[tuple[str, ...]] = set()
    for start, end in sentences(text):
        said = tuple(words(text[start:end]))
        if said in seen:
            yield start, end
        seen.add(said)


def _beyond_lists(text: str) -> Iterator[tuple[int, int]]:
    """Yield the part of each long list that is beyond the words that count."""
    spans = word_spans(text)
    left = LIST_WORDS
    for first, end in lists([text[start:stop] for start, stop in spans]):
        kept = min(left, end - first)
        left -= kept
        if kept < end - first:
            yield spans[first + kept][0], spans[end - 1][1]


def lists(plain: list[str], *, longer_than: int = LIST_WORDS) -> Iterator[tuple[int, int]]:
    """Yield the long lists among the words of a text as ``[first, end)`` places.

    A list is made of rows of eight words and more without one that joins words
    ("of", "the"); up to two joining words between two rows do not end it. It is
    long when it has more than ``longer_than`` words. Punctuation makes no difference.
    """
    place = 0
    first = last = -1
    for joining, group in groupby(plain, key=_joins):
        size = len(list(group))
        goes_on = size <= 2 if joining else size >= _BARE
        if not joining and goes_on:
            first = place if first < 0 else first
            last = place + size
        if not goes_on and first >= 0:
            if last - first > longer_than:
                yield first, last
            first = -1
        place += size
    if first >= 0 and last - first > longer_than:
        yield first, last


@lru_cache(maxsize=1 << 16)
def _joins(word: str) -> bool:
    """Tell whether a word may be one that joins others.

    Words with letters that English does not have are taken for such, and the
    commonest of other languages: their sentences are not to be taken for lists.
    """
    plain = word.casefold().replace("\u2019", "'")
    return plain in stop_words() or plain in _joining_elsewhere() or not plain.isascii()


@lru_cache(maxsize=1)
def _joining_elsewhere() -> frozenset[str]:
    """Return common joining words of other languages (data/joining.txt, a language a line)."""
    listed = (resources.files("engage.matching") / "data" / "joining.txt").read_text("utf-8")
    return frozenset(listed.split())
