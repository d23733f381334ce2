"""How well does engage rank? ``python -m bench.quality [--data FOLDER] [--record]``.

Two sets with known answers: UK contract notices and the firms that won them,
US research topics and the firms that were funded. Beside engage stand BM25 and
TF-IDF, each over a supplier's statements joined and by its best statement. The
last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.retrieval import (
    Floats,
    Judged,
    Measured,
    baselines,
    interval,
    measure,
    newcomers_among_relevant,
    ratio_interval,
    read_judged,
)
from bench.vectors import features_for
from engage.matching import (
    DEFAULT_EMBEDDER,
    ENGINE_VERSION,
    Embedder,
    Features,
    Parameters,
    build_index,
    load_embedder,
)
from engage.matching.ranking import score_pool

PROJECT = Path(__file__).resolve().parent.parent
DATA = "../shared/data/public"
RECORD = PROJECT / "engage" / "matching" / "data" / "quality.json"
SETS = ("uk", "sbir_a")


def main() -> None:
    """Measure every set there is and print the table and the JSON line."""
    arguments = _arguments()
    folder = (PROJECT / arguments.data).resolve()
    present = present_sets(folder)
    if not present:
        print(f"Skipped: there is no benchmark data in {arguments.data}.")
        print(json.dumps({"sets": {}}))
        return
    embedder = load_embedder(arguments.embedder)
    results: dict[str, Any] = {}
    for name in present:
        judged = read_judged(folder / name, days=not arguments.without_days)
        features = features_for(judged, embedder)
        results[name] = _report(judged, features)
    if arguments.record:
        RECORD.write_text(json.dumps(_record(results, embedder), indent=1) + "\n", "utf-8")
    print(json.dumps({"sets": results}))


def present_sets(folder: Path) -> list[str]:
    """Return the names of the sets that are there."""
    return [name for name in SETS if (folder / name / "qrels.jsonl").is_file()]


def score_all(judged: Judged, features: Features, parameters: Parameters | None = None) -> Floats:
    """Return engage's scores, ``float64[challenges, suppliers]``, in the order of the files."""
    index = build_index(suppliers=judged.suppliers, features=features, parameters=parameters)
    places = [index.positions[supplier.id] for supplier in judged.suppliers]
    rows = [
        score_pool(index.pool, challenge, features=features)[0][places] for challenge in judged.challenges
    ]
    return np.stack(rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the quality of matching.")
    parser.add_argument("--data", default=DATA, help="relative to the project")
    parser.add_argument("--embedder", default=DEFAULT_EMBEDDER)
    parser.add_argument("--record", action="store_true", help="write the record that the model card shows")
    parser.add_argument(
        "--without-days", action="store_true", help="as if statements might be copied from the challenges"
    )
    arguments = parser.parse_args()
    if arguments.record and (arguments.without_days or arguments.embedder != DEFAULT_EMBEDDER):
        parser.error("--record keeps the figures of the engine as it is: leave the other options out")
    return arguments


def _record(results: dict[str, Any], embedder: Embedder) -> dict[str, Any]:
    """Return what the model card shows: the figures, and of which engine they are."""
    figures = {
        name: {key: value for key, value in one.items() if key != "seconds"} for name, one in results.items()
    }
    return {
        "engine_version": ENGINE_VERSION,
        "parameters": Parameters().id,
        "embedder": embedder.digest,
        "sets": figures,
    }


def _report(judged: Judged, features: Features) -> dict[str, Any]:
    print(f"{judged.name}: {len(judged.challenges)} challenges, {len(judged.suppliers)} suppliers")
    measured = {name: measure(judged, scores) for name, scores in baselines(judged).items()}
    words = Features(digest="none", dim=0)
    words_alone = measured["engage, words alone"] = measure(judged, score_all(judged, words))
    started = time.perf_counter()
    ours = measured["engage"] = measure(judged, score_all(judged, features))
    seconds = time.perf_counter() - started
    among = newcomers_among_relevant(judged)
    for name, one in measured.items():
        _print_row(name, one, among)
    bm25 = _better(measured, "bm25")
    tfidf = _better(measured, "tfidf")
    best = max((bm25, tfidf), key=lambda one: float(one.ndcg10.mean()))
    low, high = ratio_interval(ours.ndcg10, best.ndcg10)
    ratio = float(ours.ndcg10.mean() / best.ndcg10.mean())
    print(f"  nDCG@10 {ratio:.2f} times the better baseline (95 %: {low:.2f} to {high:.2f}); {seconds:.1f} s")
    return {
        "ndcg10": round(float(ours.ndcg10.mean()), 4),
        "ndcg10_interval": [round(bound, 4) for bound in interval(ours.ndcg10)],
        "recall50": round(float(ours.recall50.mean()), 4),
        "mrr": round(float(ours.mrr.mean()), 4),
        "newcomer_share": round(ours.newcomer_share, 4),
        "newcomer_share_of_relevant": round(among, 4),
        "words_alone_ndcg10": round(float(words_alone.ndcg10.mean()), 4),
        "words_alone_recall50": round(float(words_alone.recall50.mean()), 4),
        "bm25_ndcg10": round(float(bm25.ndcg10.mean()), 4),
        "bm25_recall50": round(max(_recalls(measured, "bm25")), 4),
        "tfidf_ndcg10": round(float(tfidf.ndcg10.mean()), 4),
        "tfidf_recall50": round(max(_recalls(measured, "tfidf")), 4),
        "ratio": round(ratio, 4),
        "ratio_interval": [round(low, 4), round(high, 4)],
        "seconds": round(seconds, 2),
    }


def _better(measured: dict[str, Measured], prefix: str) -> Measured:
    found = (one for name, one in measured.items() if name.startswith(prefix))
    return max(found, key=lambda one: float(one.ndcg10.mean()))


def _recalls(measured: dict[str, Measured], prefix: str) -> list[float]:
    return [float(one.recall50.mean()) for name, one in measured.items() if name.startswith(prefix)]


def _print_row(name: str, one: Measured, among: float) -> None:
    low, high = interval(one.ndcg10)
    print(
        f"  {name:20s} nDCG@10 {one.ndcg10.mean():.3f} ({low:.3f} to {high:.3f})"
        f"  recall@50 {one.recall50.mean():.3f}  MRR {one.mrr.mean():.3f}"
        f"  newcomers {one.newcomer_share:.2f} of top 50, {among:.2f} of relevant"
    )


if __name__ == "__main__":
    main()
