"""Tricks on a real market: who tries one must not be ranked higher for it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import pytest

from engage.demo import features as stored
from engage.matching import (
    ChallengeText,
    Document,
    Features,
    SupplierProfile,
    encode_missing,
    load_embedder,
    texts_to_encode,
)
from engage.matching.text import telling_words
from tests.unit.matching.market import TRICKS, Attempt, attempts, market

#: Somebody who has a chance, somebody in the middle, somebody who has nothing to do with it.
PLACES = (15, 60, 150)
#: Words in other letters, or none: nothing of them can count whatever the engine does.
UNREADABLE = {"hidden tags", "hidden between letters", "turned round"}
TOLD = {"addressed to a machine", "addressed to a machine as a statement"}
PUBLISHED = dt.date(2026, 3, 1)


def asked(step: int) -> list[ChallengeText]:
    """Some challenges, of titles long enough to be known again when they are repeated."""
    return [one for one in market()[1] if len(telling_words(one.title)) >= 3][::step]


def words_alone(suppliers: Sequence[SupplierProfile], challenges: Sequence[ChallengeText]) -> Features:
    return Features(digest="none", dim=0)


@pytest.fixture(scope="module")
def by_words() -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {trick: [] for trick in TRICKS}
    for one in attempts(market()[0], asked(5), places=PLACES, tricks=TRICKS, features=words_alone):
        found[one.trick].append(one)
    return found


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_gains_a_place_by_words(by_words: dict[str, list[Attempt]], trick: str) -> None:
    tried = by_words[trick]
    assert len(tried) == 3 * len(asked(5))
    assert [one for one in tried if one.after < one.before] == []


@pytest.mark.parametrize("trick", [trick for trick in TRICKS if trick not in UNREADABLE | TOLD])
def test_without_the_rule_it_would(trick: str) -> None:
    """The same words, had they been written before the challenge was known, count: so the test can fail."""
    first = [dataclasses.replace(one, published=PUBLISHED) for one in asked(5)][:2]
    day = PUBLISHED - dt.timedelta(days=1)

    def earlier(challenge: ChallengeText, document: Document) -> list[Document]:
        return [dataclasses.replace(one, recorded=day) for one in TRICKS[trick](challenge, document)]

    found = list(
        attempts(market()[0], first, places=(60, 150), tricks={trick: earlier}, features=words_alone)
    )
    assert sum(one.gain for one in found) > 0


def test_no_trick_gains_a_place_by_meaning_and_words() -> None:
    """With the model; the market's vectors are those stored for the demonstration."""
    model = load_embedder("minilm-int8")
    known = stored.read(model)

    def features(suppliers: Sequence[SupplierProfile], challenges: Sequence[ChallengeText]) -> Features:
        for kind, texts in texts_to_encode(suppliers=suppliers, challenges=challenges).items():
            encode_missing(known, texts, model, kind=kind)
        return known

    tricks = {trick: TRICKS[trick] for trick in (
        "keywords appended", "keywords joined by words", "keywords among other words", "words repeated",
        "pasted as a statement", "pasted and appended", "half appended", "a paragraph appended",
        "hidden tags", "addressed to a machine",
    )}  # fmt: skip
    one = next(
        challenge for challenge in market()[1] if challenge.title == "Incident response for SMEs and citizens"
    )
    found = list(attempts(market()[0], [one], places=(15, 60), tricks=tricks, features=features))
    assert len(found) == 20
    assert [attempt for attempt in found if attempt.after < attempt.before] == []
