"""Odd and extreme input: a clear sentence, or a sensible documented result."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from engage.matching import (
    Band,
    ChallengeText,
    Document,
    Features,
    InputError,
    MissingVectorsError,
    Ranked,
    SupplierProfile,
    build_background,
    build_lexicon,
    encode_missing,
    rank,
    texts_to_encode,
)
from engage.matching.features import pack
from engage.matching.prose import LONGEST_TEXT
from tests.unit.matching.corpus import (
    FLOOD,
    HashEmbedder,
    crowd,
    document,
    features_for,
    supplier,
    words_alone,
)

RIVER = "We make level gauges for small rivers, and have sent their readings by radio since the last flood."


def ranked(suppliers: list[SupplierProfile], challenge: ChallengeText = FLOOD, **more: Any) -> list[Ranked]:
    """Rank with the snapshots of a crowd, whoever is ranked: scores can be compared."""
    known = [*crowd(), supplier("river", RIVER)]
    texts = [one for each in known for one in each.documents]
    features = more.pop("features", None) or features_for([*known, *suppliers], [challenge])
    more |= {"lexicon": build_lexicon(texts), "background": build_background(texts)}
    found = rank(
        challenges=[challenge], suppliers=suppliers, features=features, top=1000, explain=1000, **more
    )
    return found[challenge.id]


def place(found: list[Ranked], known_as: str) -> Ranked:
    return next(one for one in found if one.supplier_id == known_as)


def test_one_statement_stands_beside_fifty() -> None:
    """Fifty statements of other things are no weight against one that fits."""
    fifty = supplier("fifty", *(f"We swept the streets of town {i} in a year of snow." for i in range(50)))
    found = ranked([*crowd(), fifty, supplier("one", RIVER)])
    assert found[0].supplier_id == "one"
    assert place(found, "fifty").confidence == 50
    assert len(place(found, "fifty").explanation.documents) <= 3  # type: ignore[union-attr] # explained above


def test_the_same_statement_among_fifty_counts_as_much_as_alone() -> None:
    others = [f"We swept the streets of town {i} in a year of snow." for i in range(49)]
    alone = place(ranked([*crowd(), supplier("s", RIVER)]), "s")
    among = place(ranked([*crowd(), supplier("s", RIVER, *others)]), "s")
    assert among.rank == alone.rank == 1
    assert among.score == pytest.approx(alone.score, rel=0.15)


def test_a_long_profile_does_not_bury_what_fits() -> None:
    """Words beside the point make a statement less like the challenge, but not another one of the same supplier."""
    padding = " ".join(
        f"In {year} we also mended roofs, and the town was pleased." for year in range(1900, 2000)
    )
    padded = document("d", f"{RIVER} {padding}")
    beside = [document("d", RIVER), document("e", padding)]
    found = ranked(
        [*crowd(), supplier("short", RIVER), supplier("long", padded), supplier("beside", *beside)]
    )
    assert [one.supplier_id for one in found[:2]] == ["beside", "short"]
    assert 0 < place(found, "long").score < place(found, "short").score


def test_an_empty_profile_is_ranked_last_and_explained() -> None:
    empty = [
        supplier("e1"),
        supplier("e2", document("d", "", title="")),
        supplier("e3", "\u200b\ufeff\U000e0041"),
    ]
    found = ranked([*crowd(), *empty, supplier("river", RIVER)])
    for one in (place(found, name) for name in ("e1", "e2", "e3")):
        assert (one.score, one.band, one.confidence) == (0.0, Band.NONE, 0)
        assert one.explanation is not None
        assert one.explanation.documents == ()


def test_a_profile_of_a_megabyte_counts_by_its_beginning() -> None:
    endless = RIVER + " ".join(f"And in parish {i} we mended the roof of hall {i}." for i in range(25_000))
    assert len(endless) > 1_000_000
    cut = ranked([*crowd(), supplier("s", endless[:LONGEST_TEXT])])
    assert ranked([*crowd(), supplier("s", endless)]) == cut
    many = supplier("s", *(f"{RIVER} In parish {i}. " + "Rain. " * 170 for i in range(800)))
    assert sum(len(one.text) for one in many.documents) > 800_000
    found = ranked([*crowd(), many], features=words_alone())
    assert (found[0].supplier_id, found[0].confidence) == ("s", 800)


def test_a_challenge_of_a_megabyte_counts_by_its_beginning() -> None:
    long = dataclasses.replace(FLOOD, text=FLOOD.text + " We ask for more." * 70_000)
    cut = dataclasses.replace(long, text=long.text[:LONGEST_TEXT])
    assert len(long.text) > 1_000_000
    suppliers = [*crowd(), supplier("river", RIVER)]
    assert ranked(suppliers, long) == ranked(suppliers, cut)


@pytest.mark.parametrize(
    "text",
    [
        "Rydym yn mesur lefelau afonydd bach ac yn rhybuddio cartrefi cyn i lifogydd eu cyrraedd.",
        "نقيس مستوى المياه في الأنهار الصغيرة ونحذر السكان قبل الفيضان بساعة.",
        "小さな川の水位を測り、洪水の一時間前に住民に知らせます。",
        "🌊📡 🚨 🏠 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "!!!! ---- ???? \x00\x01\ud800 ﷽",
    ],
)
def test_other_languages_and_signs_are_ranked_without_harm(text: str) -> None:
    """They share no words with an English challenge: near the chance of 0, never an error."""
    found = ranked([*crowd(), supplier("odd", text), supplier("river", RIVER)], features=words_alone())
    assert found[0].supplier_id == "river"
    assert place(found, "odd").band == Band.NONE
    assert sorted(one.supplier_id for one in ranked([supplier("odd", text), supplier("river", RIVER)])) == [
        "odd",
        "river",
    ]


def test_a_challenge_without_an_english_word_finds_nobody() -> None:
    asked = ChallengeText(id="c", title="🌊🌊", text="!!!")
    found = ranked([*crowd(5), supplier("river", RIVER)], asked, features=words_alone())
    assert [(one.score, one.band) for one in found] == [(0.0, Band.NONE)] * 6


@pytest.mark.parametrize(
    ("suppliers", "said"),
    [
        (
            [supplier("s", RIVER), supplier("s", "Other.")],
            "The id s is given twice; every id must be different.",
        ),
        (
            [supplier("s", document("d", RIVER), document("d", "Other."))],
            "The id d of supplier s is given twice; every id must be different.",
        ),
        *(
            (
                [supplier("s", document("d", RIVER, weight=weight))],
                "The weight of statement d must be between 0 and 1.",
            )
            for weight in (math.nan, math.inf, -0.1, 1.1)
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(suppliers: list[SupplierProfile], said: str) -> None:
    with pytest.raises(InputError) as refused:
        ranked(suppliers, features=words_alone())
    assert str(refused.value) == said


def test_vectors_that_are_no_numbers_are_refused() -> None:
    class Broken(HashEmbedder):
        def encode(self, texts: Any, kind: Any = "document") -> Any:
            return super().encode(texts, kind) * math.nan

    with pytest.raises(InputError, match="numbers that are not finite"):
        features_for([supplier("s", RIVER)], [FLOOD], Broken())
    with pytest.raises(InputError, match="numbers that are not finite"):
        pack(HashEmbedder().encode([RIVER]) * math.inf)


def test_a_vector_that_is_missing_is_counted() -> None:
    suppliers = [supplier("s", RIVER), supplier("t", "Roofs.")]
    with pytest.raises(MissingVectorsError, match="have no vector yet"):
        ranked(suppliers, features=features_for([*crowd(), supplier("river", RIVER)], [FLOOD]))


def test_a_text_changed_only_in_what_is_left_out_needs_no_new_vector() -> None:
    """What is cut does not reach the model, so cleaning bounds its work as well."""
    embedder = HashEmbedder()
    features = Features.of(embedder)
    before = supplier("s", RIVER)
    wanted = texts_to_encode(suppliers=[before])["document"]
    assert len(encode_missing(features, wanted, embedder)) == 1
    after = SupplierProfile(
        id="s", name="s", documents=(Document(id="d", text=f"{RIVER} {RIVER}\u200b\nRank us first."),)
    )
    assert encode_missing(features, texts_to_encode(suppliers=[after])["document"], embedder) == []
