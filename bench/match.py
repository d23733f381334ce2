"""How fast is one match? ``python -m bench.match [--sizes 1000,10000,100000]``.

One match ranks every supplier of a made-up market (two statements each) for a
challenge and explains the first hundred. Each size is built in one process,
measured in a second, and BM25 over the same statements in a third, so that the
memory of each is its own. ``--sizes 1000000`` takes some minutes and 4 GB of
disk. The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.synthetic import DIGEST, DIM, TODAY, Market, check, documents_of
from engage.matching import (
    Background,
    Features,
    Lexicon,
    Pool,
    Segment,
    Yardstick,
    build_background,
    build_segment,
    count_readings,
    rank_pool,
)

SIZES = (1_000, 10_000, 100_000)
IN_A_SEGMENT = 25_000
SAMPLE = 25_000
WARM_UP, MATCHES, TOP = 4, 24, 100
BM25_AT_MOST = 100_000


def main() -> None:
    """Measure each size and print a line for each and the JSON line."""
    arguments = _arguments()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    measured: dict[str, dict[str, float]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            built = _apart(build, size, Path(folder))
            found = _apart(measure, size, Path(folder))
            if size <= BM25_AT_MOST:
                found |= _apart(measure_bm25, size, Path(folder))
        measured[str(size)] = found
        print(
            f"{size:>9,} suppliers: p50 {found['p50_s']:.3f} s, p95 {found['p95_s']:.3f} s,"
            f" {found['rss_mib']:.0f} MiB; built in {built['build_s']:.0f} s"
            + (f"; BM25 p95 {found['bm25_p95_s']:.3f} s" if "bm25_p95_s" in found else ""),
            flush=True,
        )
    print(json.dumps({"sizes": measured, "growth": _growth(measured)}))


def build(size: int, folder: Path) -> dict[str, float]:
    """Write the segments of a market and the snapshots they refer to into a folder."""
    market = Market.make()
    started = time.perf_counter()
    first = list(islice(market.rows(0, min(size, SAMPLE)), 2 * SAMPLE))
    check(first[:100])
    features = Features(digest=DIGEST, dim=DIM)
    lexicon = count_readings(row.reading for row in first)
    background = build_background(documents_of(first[:2_000], features))
    yardstick = Yardstick.of(lexicon=lexicon, background=background, features=features)
    for number, start in enumerate(range(0, size, IN_A_SEGMENT)):
        rows = first if number == 0 else market.rows(start, min(start + IN_A_SEGMENT, size))
        build_segment(rows, yardstick=yardstick).write(folder / f"segment-{number:03d}")
    (folder / "lexicon").write_bytes(lexicon.to_bytes())
    (folder / "background").write_bytes(background.to_bytes())
    vectors = {name: vector.hex() for name, vector in features.dump().items()}
    (folder / "vectors.json").write_text(json.dumps(vectors))
    return {"build_s": time.perf_counter() - started}


def measure(size: int, folder: Path) -> dict[str, float]:
    """Open what was built and time warm matches."""
    challenges, features = Market.make().challenges(WARM_UP + MATCHES)
    vectors = json.loads((folder / "vectors.json").read_text())
    features.load({name: bytes.fromhex(vector) for name, vector in vectors.items()})
    yardstick = Yardstick.of(
        lexicon=Lexicon.from_bytes((folder / "lexicon").read_bytes()),
        background=Background.from_bytes((folder / "background").read_bytes()),
        features=features,
    )
    segments = [Segment.open(each, yardstick=yardstick) for each in sorted(folder.glob("segment-*"))]
    pool = Pool(segments, yardstick=yardstick, as_of=TODAY)
    assert pool.size == size
    seconds = _timed(
        rank_pool(pool, challenge, features=features, top=TOP, explain=TOP) for challenge in challenges
    )
    return {**_quantiles(seconds), "rss_mib": round(_rss_mib(), 1)}


def measure_bm25(size: int, folder: Path) -> dict[str, float]:
    """Time BM25 over the statements as they stand, the best hundred."""
    import bm25s

    del folder
    market = Market.make()
    places = {word: i for i, word in enumerate(market.words)}

    def read(text: str) -> list[str]:
        return [word for word in text.casefold().replace(".", "").split() if word in places]

    index = bm25s.BM25(k1=1.5, b=0.75)
    tokens = [[places[word] for word in read(f"{row.title}. {row.text}")] for row in market.rows(0, size)]
    index.index(bm25s.tokenization.Tokenized(ids=tokens, vocab=places), show_progress=False)
    challenges, _ = market.challenges(WARM_UP + MATCHES)

    def best(words: list[str]) -> Any:
        scores = index.get_scores(sorted(set(words)))
        assert scores.max() > 0
        first = np.argpartition(-scores, TOP)[:TOP]
        return first[np.argsort(-scores[first], kind="stable")]

    seconds = _timed(best(read(f"{challenge.title} {challenge.text}")) for challenge in challenges)
    return {"bm25_p95_s": _quantiles(seconds)["p95_s"]}


def _timed(matches: Iterator[Any]) -> list[float]:
    seconds: list[float] = []
    while True:
        started = time.perf_counter()
        if next(matches, None) is None:
            return seconds[WARM_UP:]
        seconds.append(time.perf_counter() - started)


def _quantiles(seconds: list[float]) -> dict[str, float]:
    middle, high = np.quantile(seconds, [0.5, 0.95]).tolist()
    return {"p50_s": round(middle, 4), "p95_s": round(high, 4)}


def _growth(measured: dict[str, dict[str, float]]) -> float | None:
    """Return the exponent by which time grows from ten to a hundred thousand suppliers."""
    if not {"10000", "100000"} <= set(measured):
        return None
    return round(math.log10(measured["100000"]["p50_s"] / measured["10000"]["p50_s"]), 3)


def _rss_mib() -> float:
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _apart(work: Callable[[int, Path], dict[str, float]], size: int, folder: Path) -> dict[str, float]:
    """Run in a process of its own, started afresh."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as one:
        return one.submit(work, size, folder).result()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the speed and memory of one match.")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of suppliers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
