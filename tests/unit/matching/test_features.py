"""Stored vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.matching import (
    Features,
    InputError,
    MissingVectorsError,
    build_background,
    content_hash,
    encode_missing,
    full_text,
    rank,
    texts_to_encode,
)
from engage.matching.channels import Semantic
from engage.matching.features import pack
from engage.matching.wording import Wording
from tests.unit.matching.corpus import FLOOD, HashEmbedder, document, supplier


def test_the_name_of_a_text_is_what_a_reader_sees_and_its_kind() -> None:
    assert content_hash("flo\u200bod  warning") == content_hash("flood warning")
    assert content_hash("flood") != content_hash("flood", "challenge")


def test_full_text_joins_what_there_is() -> None:
    assert full_text(document("1", "the text", "Title")) == "Title. the text"
    assert full_text(document("1", "the text")) == "the text"
    assert full_text(document("1", "\u200b", "Title")) == "Title"
    assert full_text(document("1", "")) == ""


def test_each_text_is_asked_for_once() -> None:
    own = document("a", "text", "Title")
    background = build_background([document("z", "other")])
    assert texts_to_encode(
        suppliers=[supplier("s", own, document("b", "text", "Title"))],
        challenges=[FLOOD],
        background=background,
    ) == {
        "document": ["Title. text", "Title", "other"],
        "challenge": [full_text(FLOOD), FLOOD.title],
    }


def test_only_missing_texts_are_encoded_and_reported() -> None:
    features = Features.of(HashEmbedder())
    calls: list[tuple[int, int]] = []
    added = encode_missing(
        features,
        ["one", "two", "one"],
        HashEmbedder(),
        progress=lambda done, total: calls.append((done, total)),
    )
    assert sorted(added) == sorted([content_hash("one"), content_hash("two")])
    assert calls == [(2, 2)]
    assert encode_missing(features, ["two", "three"], HashEmbedder()) == [content_hash("three")]


def test_stored_vectors_come_back_the_same() -> None:
    features = Features.of(HashEmbedder())
    names = encode_missing(features, ["one", "two"], HashEmbedder())
    again = Features(digest="hash-1", dim=64)
    again.load(features.dump())
    assert len(again) == 2
    assert again.matrix(names).tobytes() == features.matrix(names).tobytes()
    assert list(features.dump([names[0], "unknown"])) == [names[0]]


def test_a_stored_vector_of_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="The stored vector a has 3 bytes instead of 64"):
        Features(digest="hash-1", dim=64).load({"a": b"123"})


def test_missing_vectors_are_counted() -> None:
    with pytest.raises(MissingVectorsError, match="1 of 1 texts have no vector yet"):
        rank(challenges=[FLOOD], suppliers=[supplier("s", "text")], features=Features(digest="x", dim=64))


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match="not finite"):
        pack(np.array([[1.0, np.nan]], dtype=np.float32))


def test_a_title_moves_the_vector_towards_itself() -> None:
    features = Features.of(HashEmbedder())
    encode_missing(features, ["Flood. a longer text about rivers", "Flood", "only text"], HashEmbedder())
    said = [Wording("Flood", "Flood. a longer text about rivers"), Wording("", "only text")]
    plain = features.wordings(said, "document", title_weight=0.0)
    moved = features.wordings(said, "document", title_weight=0.5)
    title = Semantic(features.matrix([content_hash("Flood")]))
    assert Semantic(moved).cosines(title)[0, 0] > Semantic(plain).cosines(title)[0, 0] + 0.05
    assert moved[1].tobytes() == plain[1].tobytes()


@given(
    st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4).filter(lambda row: max(map(abs, row)) > 0.01)
)
def test_packing_keeps_the_direction(row: list[float]) -> None:
    vector = np.array([row], dtype=np.float32)
    packed = pack(vector).astype(np.float64)
    cosine = (packed @ vector[0]) / np.linalg.norm(packed) / np.linalg.norm(vector)
    assert cosine[0] > 0.9999
