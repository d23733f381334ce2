"""A small world for the matching tests, and an embedder that needs no model file."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from engage.matching import (
    ChallengeText,
    Document,
    Embedder,
    Features,
    Kind,
    SupplierProfile,
    encode_missing,
    texts_to_encode,
)
from engage.matching.embedders import Vectors
from engage.matching.text import words

#: Statements are older than the challenges unless a test says otherwise: what is alike was not copied.
RECORDED = dt.date(2026, 1, 15)
PUBLISHED = dt.date(2026, 3, 2)

FLOOD = ChallengeText(
    id="flood",
    published=PUBLISHED,
    title="Earlier flood warnings for small rivers",
    text=(
        "We want to warn households an hour sooner. Level gauges are sparse on small rivers. "
        "We look for low-cost sensors, radio telemetry and forecasting models."
    ),
    cpv=("38421100-3",),
)

SCHOOL = ChallengeText(
    id="school",
    title="Healthy school meals",
    text="Catering for primary schools with fresh vegetables and less waste.",
)


class HashEmbedder:
    """Adds up one fixed random direction a word: texts with the same words are alike."""

    id = "hash"
    digest = "hash-1"
    dim = 64
    max_tokens = 512

    def encode(self, texts: Sequence[str], kind: Kind = "document") -> Vectors:
        del kind
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
                rows[row] += np.random.default_rng(seed).standard_normal(self.dim).astype(np.float32)
        lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        vectors: Vectors = (rows / lengths).astype(np.float32)
        return vectors


def document(name: str, text: str, title: str = "", **more: Any) -> Document:
    return Document(id=name, title=title, text=text, **{"recorded": RECORDED, **more})


def supplier(known_as: str, *documents: Document | str) -> SupplierProfile:
    made = [document(f"d{i}", d) if isinstance(d, str) else d for i, d in enumerate(documents)]
    return SupplierProfile(id=known_as, name=known_as, documents=tuple(made))


def features_for(
    suppliers: Sequence[SupplierProfile],
    challenges: Sequence[ChallengeText],
    embedder: Embedder | None = None,
) -> Features:
    chosen = embedder or HashEmbedder()
    features = Features.of(chosen)
    for kind, texts in texts_to_encode(suppliers=suppliers, challenges=challenges).items():
        encode_missing(features, texts, chosen, kind=kind)
    return features


def words_alone() -> Features:
    return Features(digest="none", dim=0)


def crowd(size: int = 80) -> list[SupplierProfile]:
    """Suppliers of other things, each with a statement of its own, so that chance can be measured."""
    trades = [
        "cleaning of offices and windows", "road surfacing and kerbs", "payroll software for councils",
        "legal advice on property", "catering for hospitals", "printing of leaflets and posters",
        "tree surgery in parks", "lift maintenance in towers", "translation of letters",
        "taxi journeys for pupils", "recruitment of nurses", "archive storage of paper records",
    ]  # fmt: skip
    places = ["Leeds", "Kent", "Durham", "Cardiff", "Fife", "Antrim", "Bristol", "Derby"]
    return [
        supplier(
            f"crowd-{i:03d}",
            f"We did {trades[i % len(trades)]} in {places[i % len(places)]}, contract number x{i}. "
            f"The {trades[(i * 5 + 1) % len(trades)]} was let to others.",
        )
        for i in range(size)
    ]
