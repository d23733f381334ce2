"""The record of the measured quality: of this engine, good enough, and the same in the documentation."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from engage.matching import ENGINE_VERSION, Parameters

DOCS = Path(__file__).resolve().parents[3] / "docs" / "matching.md"
RECORD = json.loads((resources.files("engage.matching") / "data" / "quality.json").read_text("utf-8"))
SETS = sorted(RECORD["sets"])


def figures(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RECORD["sets"][name]
    return found


def test_it_was_measured_with_this_engine_and_these_parameters() -> None:
    assert (RECORD["engine_version"], RECORD["parameters"]) == (ENGINE_VERSION, Parameters().id)
    assert SETS == ["sbir_a", "uk"]


@pytest.mark.parametrize("name", SETS)
def test_what_was_promised_was_measured(name: str) -> None:
    found = figures(name)
    assert found["ratio"] >= 1.25
    assert found["recall50"] >= max(found["bm25_recall50"], found["tfidf_recall50"])
    assert found["newcomer_share"] >= 0.8 * found["newcomer_share_of_relevant"]


@pytest.mark.parametrize("name", SETS)
def test_the_documentation_says_the_same(name: str) -> None:
    found, text = figures(name), DOCS.read_text("utf-8")
    low, high = found["ndcg10_interval"]
    row = (
        f"| **engage** | **{found['ndcg10']:.3f} ({low:.3f} to {high:.3f})** | **{found['recall50']:.3f}** "
        f"| **{found['mrr']:.3f}** | {found['newcomer_share']:.2f} |"
    )
    assert row in text
    low, high = found["ratio_interval"]
    assert f"{found['ratio']:.2f} times ({low:.2f} to {high:.2f})" in " ".join(text.split())
    assert f"newcomers in the top 50 ({found['newcomer_share_of_relevant']:.2f} of the relevant)" in text
    assert f"| engage, words alone | {found['words_alone_ndcg10']:.3f} (" in text
