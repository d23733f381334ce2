"""Vectors kept between benchmark runs, in one file for each embedder."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bench.retrieval import Judged
from engage.matching import Embedder, Features, content_hash, encode_missing, texts_to_encode

KEPT_AT_ONCE = 1024
CACHE = Path(__file__).resolve().parent.parent / ".engage" / "bench"


def features_for(judged: Judged, embedder: Embedder, *, cache: Path = CACHE) -> Features:
    """Return the vectors of all texts, computing and keeping those not kept yet.

    Side effects: reads and replaces ``cache/vectors-DIGEST.npz``; prints progress
    on standard error.
    """
    features = Features.of(embedder)
    if embedder.dim == 0:
        return features
    file = cache / f"vectors-{embedder.digest[:16]}.npz"
    if file.exists():
        with np.load(file, allow_pickle=False) as kept:
            features.load(
                {str(name): row.tobytes() for name, row in zip(kept["names"], kept["rows"], strict=True)}
            )
    for kind, texts in texts_to_encode(suppliers=judged.suppliers, challenges=judged.challenges).items():
        missing = [text for text in texts if content_hash(text, kind) not in features]
        for start in range(0, len(missing), KEPT_AT_ONCE):
            encode_missing(features, missing[start : start + KEPT_AT_ONCE], embedder, kind=kind)
            _keep(features, file)
            done = min(start + KEPT_AT_ONCE, len(missing))
            print(f"  {done} of {len(missing)} texts read", file=sys.stderr, flush=True)
    return features


def _keep(features: Features, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = features.dump()
    unfinished = file.with_suffix(".part.npz")
    np.savez(
        unfinished,
        names=np.array(list(rows)),
        rows=np.stack([np.frombuffer(row, dtype=np.int8) for row in rows.values()]),
    )
    unfinished.replace(file)
