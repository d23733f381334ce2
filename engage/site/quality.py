"""The measured quality of matching, read from the record that the benchmark leaves beside the engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

NAMES = {
    "uk": "UK contract notices, and the firms that won them",
    "sbir_a": "US research topics, and the firms that were funded",
}


@dataclass(frozen=True)
class Measured:
    """How well engage ranks one set with known answers, with simple methods beside it.

    Figures are means over the set's challenges; intervals hold 95 % of bootstrap resamples of them.
    """

    name: str
    ndcg10: float
    ndcg10_interval: tuple[float, float]
    recall50: float
    bm25_ndcg10: float
    bm25_recall50: float
    tfidf_ndcg10: float
    tfidf_recall50: float
    ratio: float
    ratio_interval: tuple[float, float]
    newcomer_share: float
    newcomer_share_of_relevant: float


@dataclass(frozen=True)
class Record:
    """What was measured, a set each, and with which weights (``Parameters.id``)."""

    parameters: str
    sets: tuple[Measured, ...]


@lru_cache(maxsize=1)
def measured() -> Record | None:
    """Return the record of the last measurement, or ``None`` when none comes with the engine."""
    record = resources.files("engage.matching") / "data" / "quality.json"
    if not record.is_file():
        return None
    found = json.loads(record.read_text("utf-8"))
    sets = tuple(_measured(name, figures) for name, figures in found["sets"].items())
    return Record(parameters=found["parameters"], sets=sets)


def _measured(name: str, figures: dict[str, Any]) -> Measured:
    low, high = figures["ndcg10_interval"]
    least, most = figures["ratio_interval"]
    return Measured(
        name=NAMES.get(name, name),
        ndcg10=figures["ndcg10"],
        ndcg10_interval=(low, high),
        recall50=figures["recall50"],
        bm25_ndcg10=figures["bm25_ndcg10"],
        bm25_recall50=figures["bm25_recall50"],
        tfidf_ndcg10=figures["tfidf_ndcg10"],
        tfidf_recall50=figures["tfidf_recall50"],
        ratio=figures["ratio"],
        ratio_interval=(least, most),
        newcomer_share=figures["newcomer_share"],
        newcomer_share_of_relevant=figures["newcomer_share_of_relevant"],
    )
