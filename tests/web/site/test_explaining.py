"""The pages that explain matching to everyone."""

from __future__ import annotations

import pytest

from engage.matching import Parameters
from engage.site import quality
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of


def test_how_matching_works_tells_the_whole_way_from_texts_to_places(client: DistrustfulClient) -> None:
    page = client.get("/how-matching-works").get_data(as_text=True)
    words = text_of(page)
    for said in (
        Parameters().id[:12],
        "1. Who takes part",
        "3. How the places are shared out",
        "Near-ties are drawn by lot.",
        "Some places are kept for newcomers that fit.",
        "6. Can it be checked?",
    ):
        assert said in words
    assert "/how-matching-works/model-card#complain" in links(page)


def test_the_model_card_says_what_was_measured_and_how_to_complain(client: DistrustfulClient) -> None:
    page = client.get("/how-matching-works/model-card").get_data(as_text=True)
    words = text_of(page)
    record = quality.measured()
    assert record is not None
    assert [each.name for each in record.sets] == list(quality.NAMES.values())
    for each in record.sets:
        assert each.name in words
        assert f"{each.ndcg10:.3f} ({each.ndcg10_interval[0]:.3f} to {each.ndcg10_interval[1]:.3f})" in words
        assert f"{each.ratio:.2f} times" in words
    for said in ("Where it fails", "English only.", "If you think a match is wrong", Parameters().id[:16]):
        assert said in words
    assert "/supplier/what-the-matcher-sees" in links(page)


def test_without_a_record_the_model_card_says_so(
    client: DistrustfulClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "measured", lambda: None)
    words = text_of(client.get("/how-matching-works/model-card").get_data(as_text=True))
    assert "No measurement comes with this installation." in words
