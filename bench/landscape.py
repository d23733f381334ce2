"""How well and how fast is the map drawn? ``python -m bench.landscape [--sizes 10000,100000]``.

Draws the suppliers of the demo data, those of the public data where they are present, and made-up markets of any
size: a tree of 20 fields, 200 subjects and 2,000 specialities, with suppliers around the specialities. Each is drawn
in a process of its own, so that its memory is its own. ``added`` is what one per cent more suppliers take and how far
the others move. The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.match import _rss_mib
from bench.retrieval import read_judged
from bench.vectors import features_for
from engage.demo import features as demo_features
from engage.demo import texts
from engage.matching import Document, Features, load_embedder
from engage.matching.landscape import Held, draw
from engage.matching.parameters import Parameters
from engage.matching.wording import wording

Vectors = npt.NDArray[np.float32]
DIM = 384
SEED = 20_260
PUBLIC = Path(__file__).resolve().parents[2] / "shared" / "data" / "public" / "uk"
_FIELDS, _SUBJECTS, _SPECIALITIES = 20, 200, 2_000


def main() -> None:
    """Draw each market and print a line for each and the JSON line."""
    arguments = _arguments()
    sets: dict[str, dict[str, float]] = {}
    for name in ["demo", "uk", *arguments.sizes.split(",")]:
        if name == "uk" and not PUBLIC.exists():
            print("uk: left out, the public data are not here")
            continue
        found = sets[name] = _apart(name)
        print(
            f"{name:>9}: {found['suppliers']:,.0f} suppliers, trustworthiness {found['trustworthiness']:.3f} "
            f"(k = {found['neighbours']:.0f}, measured for {found['sampled']:,.0f}), {found['seconds']:.1f} s, "
            f"{found['rss_mib']:.0f} MiB; 1 % added in {found['added_s']:.1f} s, the others moved by "
            f"{found['moved']:.1f}",
            flush=True,
        )
    print(json.dumps({"sets": sets}))


def measure(name: str) -> dict[str, float]:
    """Draw one market, then one with a hundredth added to it."""
    vectors = _vectors(name)
    fewer = len(vectors) - max(1, len(vectors) // 100)
    before, seconds = _timed(vectors[:fewer], None)
    trust = before.trust
    assert trust is not None
    places = np.full((len(vectors), 2), np.nan)
    places[:fewer] = before.places
    clusters = np.zeros(len(vectors), dtype=np.int64)
    clusters[:fewer] = before.clusters
    after, added = _timed(vectors, Held(places, clusters))
    return {
        "suppliers": fewer,
        "trustworthiness": round(trust.value, 4),
        "neighbours": trust.neighbours,
        "sampled": trust.sampled,
        "seconds": round(seconds, 1),
        "added_s": round(added, 1),
        "moved": float(np.abs(after.places[:fewer] - before.places).max()),
        "added_trustworthiness": round(after.trust.value, 4) if after.trust else 0.0,
        "rss_mib": round(_rss_mib(), 1),
    }


def _timed(vectors: Vectors, held: Held | None) -> tuple[Any, float]:
    started = time.perf_counter()
    drawn = draw(vectors, held=held)
    return drawn, time.perf_counter() - started


def _vectors(name: str) -> Vectors:
    embedder = load_embedder()
    if name == "demo":
        told = [one.statements for one in texts.suppliers()]
        told += [tuple(one.statements) for one in texts.invented()]
        documents = [[Document(id="", title=each.title, text=each.text) for each in own] for own in told]
        return _means(documents, demo_features.read(embedder))
    if name == "uk":
        judged = read_judged(PUBLIC)
        return _means([list(one.documents) for one in judged.suppliers], features_for(judged, embedder))
    return made_up(int(name))


def _means(suppliers: list[list[Document]], features: Features) -> Vectors:
    weight = Parameters().title_semantic
    rows = []
    for documents in filter(None, suppliers):
        packed = features.wordings([wording(one) for one in documents], "document", title_weight=weight)
        own = packed.astype(np.float64)
        own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
        rows.append(own.mean(axis=0))
    return np.array(rows, dtype=np.float32)


def made_up(size: int) -> Vectors:
    """Return a market: fields, subjects within them, specialities within those, suppliers around these."""
    random = np.random.default_rng(SEED)
    fields = random.standard_normal((_FIELDS, DIM))
    subjects = fields[random.integers(0, _FIELDS, _SUBJECTS)] + random.standard_normal((_SUBJECTS, DIM))
    places = subjects[random.integers(0, _SUBJECTS, _SPECIALITIES)]
    specialities = places + 0.7 * random.standard_normal((_SPECIALITIES, DIM))
    chosen = specialities[random.integers(0, _SPECIALITIES, size)].astype(np.float32)
    own: Vectors = chosen + random.standard_normal((size, DIM), dtype=np.float32)
    return own


def _apart(name: str) -> dict[str, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as one:
        return one.submit(measure, name).result()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the quality, time and memory of drawing the map.")
    parser.add_argument("--sizes", default="10000,100000", help="numbers of made-up suppliers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
