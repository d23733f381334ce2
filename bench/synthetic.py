"""A made-up market of any size, the same for the same seed.

Statements are put together from a few thousand sentences of made-up words, so
that their readings can be computed for a hundred thousand at once; they are the
readings that ``read_words`` gives (``check`` compares some). Every statement has
a topic; sentences share words and vectors share a direction within a topic.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from engage.matching import ChallengeText, Document, Evidence, Features, StatementRow, content_hash, full_text
from engage.matching.features import pack
from engage.matching.reading import PAIR, READING_EDITION, TITLED, read_words, term_hash
from engage.matching.text import stems

SEED = 20_260
DIM = 384
DIGEST = "synthetic"
STATEMENTS = 2  # of each supplier
PUBLISHED = dt.date(2026, 6, 1)
TODAY = dt.date(2026, 6, 15)

_TOPICS = 250
_TOPIC_WORDS = 120
_COMMON_WORDS = 400
_SENTENCES = 60  # of each topic
_TITLES = 40
_LENGTH = 9
_TITLE_LENGTH = 4
_PER_STATEMENT = 4
_ENDS = 12  # words of a topic that sentences begin and end with
_JOINING = (" the ", " of ", " and ")
_SYLLABLES = ("ba", "co", "du", "fi", "go", "ka", "lu", "mo", "no", "pu", "ra", "so", "tu", "vo", "zu")

Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class Market:
    """Sentences and titles by topic, as places in ``words``."""

    words: list[str]
    sentences: Numbers
    titles: Numbers
    centres: npt.NDArray[np.float32]

    @classmethod
    def make(cls) -> Market:
        """Make the one market there is."""
        random = np.random.default_rng(SEED)
        words = _words(_COMMON_WORDS + _TOPICS * _TOPIC_WORDS)
        rare = np.arange(_TOPICS)[:, None] * _TOPIC_WORDS + _COMMON_WORDS
        sentences = _drawn(random, rare, (_TOPICS, _SENTENCES, _LENGTH))
        titles = _drawn(random, rare, (_TOPICS, _TITLES, _TITLE_LENGTH))
        for texts in (sentences, titles):
            for end in (0, -1):
                texts[:, :, end] = rare + random.integers(0, _ENDS, texts.shape[:2])
        centres = random.standard_normal((_TOPICS, DIM)).astype(np.float32)
        return cls(words=words, sentences=sentences, titles=titles, centres=centres)

    @cached_property
    def hashes(self) -> Hashes:
        """The hash of each word."""
        return np.array([term_hash(word) for word in self.words], dtype=np.uint64)

    @cached_property
    def pairs(self) -> dict[int, int]:
        """The hashes of all neighbouring words there can be, by ``first << 32 | second``."""
        inside = [
            (texts[:, :, :-1] << 32 | texts[:, :, 1:]).ravel() for texts in (self.sentences, self.titles)
        ]
        ends = np.arange(_TOPICS)[:, None, None] * _TOPIC_WORDS + _COMMON_WORDS
        between = (ends + np.arange(_ENDS)[:, None]) << 32 | (ends + np.arange(_ENDS)[None, :])
        every = np.unique(np.concatenate([*inside, between.ravel()])).tolist()
        return {
            both: term_hash(f"{self.words[both >> 32]} {self.words[both & 0xFFFFFFFF]}") for both in every
        }

    @cached_property
    def _pair_table(self) -> tuple[Numbers, Hashes]:
        keys = np.array(sorted(self.pairs), dtype=np.int64)
        return keys, np.array([self.pairs[key] for key in keys.tolist()], dtype=np.uint64)

    @cached_property
    def _written(self) -> tuple[list[list[str]], list[list[str]]]:
        """Sentences and titles as texts, by topic."""
        sentences, titles = (
            [[self._text(one) for one in topic] for topic in texts.tolist()]
            for texts in (self.sentences, self.titles)
        )
        return [[f"{one}." for one in topic] for topic in sentences], titles

    def _text(self, places: list[int]) -> str:
        text = "".join(self.words[place] + _JOINING[i % 3] for i, place in enumerate(places[:-1]))
        return (text + self.words[places[-1]]).capitalize()

    def rows(self, first: int, last: int) -> Iterator[StatementRow]:
        """Yield the statements of the suppliers ``first`` up to ``last``, read and with vectors."""
        random = np.random.default_rng([SEED, first])
        count = (last - first) * STATEMENTS
        topics = random.integers(0, _TOPICS, last - first).repeat(STATEMENTS)
        chosen = random.random((count, _SENTENCES)).argpartition(_PER_STATEMENT)[:, :_PER_STATEMENT]
        titles = random.integers(0, _TITLES, count)
        readings = self._readings(topics, chosen, titles)
        vectors = self._vectors(random, topics)
        levels = [list(Evidence)[i] for i in random.choice(3, count, p=[0.6, 0.3, 0.1]).tolist()]
        ages = random.integers(0, 3000, count).tolist()
        new = (random.random(count) < 0.05).tolist()
        written, headings = self._written
        for i, (topic, title) in enumerate(zip(topics.tolist(), titles.tolist(), strict=True)):
            heading, text = headings[topic][title], " ".join(written[topic][j] for j in chosen[i].tolist())
            yield StatementRow(
                supplier=f"S{first + i // STATEMENTS:07d}",
                id=f"{first * STATEMENTS + i:08d}",
                title=heading,
                text=text,
                reading=_head(f"{heading}. {text}") + readings[i],
                vector=vectors[i].tobytes(),
                title_vector=vectors[i].tobytes(),
                cpv=(f"{10 + topic % 80}{topic % 9 + 1}00000",),
                level=levels[i],
                dated=TODAY - dt.timedelta(days=ages[i]),
                recorded=PUBLISHED if new[i] else dt.date(2026, 1, 5),
                expires=dt.date(2028, 1, 5),
            )

    def _vectors(self, random: np.random.Generator, topics: Numbers) -> npt.NDArray[np.int8]:
        noise = random.standard_normal((len(topics), DIM), dtype=np.float32)
        return pack(self.centres[topics] + 2.0 * noise)

    def _readings(self, topics: Numbers, chosen: Numbers, titles: Numbers) -> list[bytes]:
        """Return the terms of statements as ``read_words`` packs them, without the head."""
        heading = self.titles[topics, titles]
        text = self.sentences[topics[:, None], chosen].reshape(len(topics), -1)
        places = np.concatenate([heading, text], axis=1)
        keys, table = self._pair_table
        joined = table[np.searchsorted(keys, places[:, :-1] << 32 | places[:, 1:])]
        hashes = np.concatenate([self.hashes[places], joined], axis=1)
        size = places.shape[1]
        flags = np.zeros(hashes.shape, dtype=np.uint8)
        flags[:, size:] |= PAIR
        flags[:, :_TITLE_LENGTH] |= TITLED
        flags[:, size : size + _TITLE_LENGTH - 1] |= TITLED
        order = np.argsort(hashes, axis=1, kind="stable")
        hashes, flags = (np.take_along_axis(one, order, axis=1) for one in (hashes, flags))
        starts = np.flatnonzero(np.diff(hashes.ravel(), prepend=hashes.ravel()[:1] ^ np.uint64(1)) != 0)
        starts = np.union1d(starts, np.arange(0, hashes.size, hashes.shape[1]))
        counts = np.diff(starts, append=hashes.size).astype(np.uint8)
        marks = np.bitwise_or.reduceat(flags.ravel(), starts)
        terms = hashes.ravel()[starts].astype("<u8")
        ends = np.searchsorted(starts, np.arange(1, len(topics) + 1) * hashes.shape[1]).tolist()
        return [
            terms[a:b].tobytes() + counts[a:b].tobytes() + marks[a:b].tobytes()
            for a, b in zip([0, *ends[:-1]], ends, strict=True)
        ]

    def challenges(self, count: int) -> tuple[list[ChallengeText], Features]:
        """Return challenges, each about one topic in sentences of its own, and their vectors."""
        random = np.random.default_rng([SEED, 1])
        features = Features(digest=DIGEST, dim=DIM)
        rare = np.arange(_TOPICS)[:, None] * _TOPIC_WORDS + _COMMON_WORDS
        found = []
        for number, topic in enumerate(random.choice(_TOPICS, count).tolist()):
            own = _drawn(random, rare[topic : topic + 1], (1, 25, _LENGTH))[0]
            title, *texts = (f"{self._text(places)}." for places in own.tolist())
            found.append(
                ChallengeText(
                    id=f"C{number:03d}",
                    title=title,
                    text=" ".join(texts),
                    cpv=(f"{10 + topic % 80}{topic % 9 + 1}00000",),
                    published=PUBLISHED,
                )
            )
            vector = self._vectors(random, np.array([topic]))[0]
            for words in (full_text(found[-1]), title):
                features.add(content_hash(words, "challenge"), vector)
        return found, features


def documents_of(rows: list[StatementRow], features: Features) -> list[Document]:
    """Return rows as documents and put their vectors into ``features``."""
    found = [Document(id=row.id, title=row.title, text=row.text) for row in rows]
    for document, row in zip(found, rows, strict=True):
        for words in (full_text(document), document.title):
            features.add(content_hash(words), np.frombuffer(row.vector or b"", dtype=np.int8))
    return found


def check(rows: list[StatementRow]) -> None:
    """Stop when the readings are not those of the texts."""
    wrong = [row.id for row in rows if row.reading != read_words(row.title, row.text)]
    if wrong:
        raise SystemExit(
            f"{len(wrong)} of {len(rows)} synthetic readings are wrong, the first of {wrong[0]}."
        )


def _head(text: str) -> bytes:
    return bytes([READING_EDITION]) + hashlib.blake2b(text.casefold().encode(), digest_size=16).digest()


def _drawn(random: np.random.Generator, rare: Numbers, shape: tuple[int, int, int]) -> Numbers:
    """Draw words: three quarters of a topic, a quarter common ones, the first of each far oftener."""
    often = random.power(3, shape)
    own = rare[:, :, None] + ((1 - often) * _TOPIC_WORDS).astype(np.int64)
    common = ((1 - often) * _COMMON_WORDS).astype(np.int64)
    places: Numbers = np.where(random.random(shape) < 0.75, own, common)
    return places


def _words(count: int) -> list[str]:
    """Return made-up words that are their own stems."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        digits, rest = [], number + len(_SYLLABLES) ** 3
        while rest:
            rest, digit = divmod(rest, len(_SYLLABLES))
            digits.append(_SYLLABLES[digit])
        word = "".join(digits) + "k"
        number += 1
        if stems([word]) == [word]:
            found.append(word)
    return found
