"""Vectors kept between benchmark runs, in one file for each embedder."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bench.retrieval import Judged
from engage.matching import Embedder, Features, content_hash, encode_missing, texts_to_encode

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
    added = 0
    for kind, texts in texts_to_encode(suppliers=judged.suppliers, challenges=judged.challenges).items():
        missing = [text for text in texts if content_hash(text, kind) not in features]
        added += len(encode_missing(features, missing, embedder, kind=kind, progress=_progress))
    if added:
        _keep(features, file)
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


def _progress(done: int, total: int) -> None:
    if done % 1024 < 64 or done == total:
        print(f"  {done} of {total} texts read", file=sys.stderr, flush=True)
