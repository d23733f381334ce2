"""From raw text to words: cleaning, sentences, stems, pairs of words."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any

#: Characters that show nothing yet are letters, symbols or marks to Unicode.
_HIDDEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: Control and format characters (zero-width, bidi, tags), private use, lone surrogates, unassigned.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_ACCENT = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_ACCENTS = re.compile(f"({_ACCENT}{{2}}){_ACCENT}+")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_SENTENCE_END = re.compile(r"[.!?]+[\"'\u2019\u201d)\]]*(?=\s+[^\s\W_a-z])|[;\n\r\u2022\u2028\u2029]+")
_BULLETS = r"\s\u2022\u2023\u2043\u25aa\u25cf\u25e6\u00b7"
_LEAD = re.compile(f"[{_BULLETS}*\u2013\u2014-]*")
_TRAIL = re.compile(f"[{_BULLETS}]*\\Z")
_MIN_WORD = 2
_MAX_WORD = 40
_MAX_SENTENCE = 400
_TEXTS_KEPT = 8_192  # one match after the other reads the same statements

_stemmers = threading.local()


class _Visible(dict[int, str | None]):
    """What becomes of a character: a space, itself, or nothing. Looked up once for each."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        if character.isspace():
            self[code] = " "
        elif (
            character in _HIDDEN
            or _SELECTORS.match(character)
            or unicodedata.category(character) in _HIDDEN_CATEGORIES
        ):
            self[code] = None
        else:
            self[code] = character
        return self[code]


_visible = _Visible()


@lru_cache(maxsize=_TEXTS_KEPT)
def normalise(text: str) -> str:
    """Return the text as a reader sees it, on one line.

    Compatibility forms are unified (NFKC); hidden characters (zero-width, bidi
    controls, tags, fillers, variation selectors) are removed; at most two accents
    stay on a letter; every run of white space becomes one space.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.translate(_visible)
    if not text.isascii():
        # Again: accents that hidden characters held apart may now combine.
        text = _ACCENTS.sub(r"\1", unicodedata.normalize("NFKC", text))
    return " ".join(text.split())


def words(text: str) -> list[str]:
    """Return the words of a text, cleaned and in lower case, in order."""
    return [match.group() for match in _WORD.finditer(normalise(text).casefold())]


def word_spans(clean: str) -> list[tuple[int, int]]:
    """Return where the words of a cleaned text stand, as ``[start, end)`` characters."""
    return [match.span() for match in _WORD.finditer(clean)]


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Return the words too common to tell anything (data/stopwords.txt)."""
    listed = (resources.files("engage.matching") / "data" / "stopwords.txt").read_text("utf-8")
    return frozenset(line.strip() for line in listed.splitlines() if line.strip())


def _stem(plain: Sequence[str]) -> list[str]:
    stemmer: Any = getattr(_stemmers, "english", None)
    if stemmer is None:  # a stemmer keeps a state: one for each thread
        import Stemmer

        stemmer = _stemmers.english = Stemmer.Stemmer("english")
    stems: list[str] = stemmer.stemWords(list(plain))
    return stems


@lru_cache(maxsize=1 << 16)
def telling(word: str) -> str | None:
    """Return a word as it is counted, or nothing for one that tells nothing.

    Left out: stop words, single characters, plain numbers (dates, sums, notice
    numbers), and runs of more than 40 characters, which are no words.
    """
    plain = word.casefold().replace("\u2019", "'").removesuffix("'s")
    counts = _MIN_WORD <= len(plain) <= _MAX_WORD and plain not in stop_words() and not plain.isdigit()
    return plain if counts else None


def telling_words(text: str) -> list[str]:
    """Return the words of a text that tell something, in order; see ``telling``."""
    return [plain for plain in map(telling, words(text)) if plain is not None]


def stems(plain: Sequence[str]) -> list[str]:
    """Return the English stems of words, one for each."""
    return _stem(plain)


def _with_pairs(single: Sequence[str]) -> list[str]:
    pairs = (f"{left} {right}" for left, right in pairwise(single))
    return [*single, *pairs]


@lru_cache(maxsize=_TEXTS_KEPT)
def terms(text: str) -> Counter[str]:
    """Count the stems and the pairs of neighbouring stems of a text. The count is shared: do not change it."""
    return Counter(_with_pairs(_stem(telling_words(text))))


def spellings(text: str) -> dict[str, str]:
    """Return how a text writes each of its terms (its first spelling of each)."""
    plain = telling_words(text)
    return dict(reversed(list(zip(_with_pairs(_stem(plain)), _with_pairs(plain), strict=True))))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences as ``[start, end)`` character positions in the text as given.

    A sentence also ends at a line break, a semicolon and a bullet; one of more
    than 400 characters is cut at the last space before. White space at both
    ends is left out; sentences without a letter or figure are skipped.
    """
    start = 0
    for end in [match.end() for match in _SENTENCE_END.finditer(text)] + [len(text)]:
        while end - start > _MAX_SENTENCE:
            space = text.rfind(" ", start + 1, start + _MAX_SENTENCE)
            cut = space if space > start else start + _MAX_SENTENCE
            yield from _trimmed(text, start, cut)
            start = cut
        yield from _trimmed(text, start, end)
        start = end


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if _WORD.search(piece):
        left, right = _LEAD.match(piece), _TRAIL.search(piece)
        yield start + (left.end() if left else 0), start + (right.start() if right else len(piece))
