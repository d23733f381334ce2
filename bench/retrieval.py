"""Data, measures and baselines for ranking benchmarks."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engage.matching import ChallengeText, SupplierProfile
from engage.matching.files import read_challenges, read_suppliers

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
DEPTH = 50
LONG_AGO, SINCE = dt.date(1900, 1, 1), dt.date(2000, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Challenges, suppliers, and which suppliers are known to fit which challenge."""

    name: str
    challenges: list[ChallengeText]
    suppliers: list[SupplierProfile]
    relevant: list[frozenset[int]]

    @property
    def newcomers(self) -> npt.NDArray[np.bool_]:
        """Which suppliers have one statement only."""
        return np.array([len(supplier.documents) == 1 for supplier in self.suppliers])


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One number a challenge for each measure; their means are the results."""

    ndcg10: Floats
    recall50: Floats
    mrr: Floats
    newcomer_share: float


def read_judged(folder: Path, *, days: bool = True) -> Judged:
    """Read challenges.jsonl, suppliers.jsonl and qrels.jsonl of one folder.

    In these sets every statement is older than every challenge, and is dated so:
    nobody can have copied. Without ``days`` that is unknown, and words that
    repeat a challenge are looked for.
    """
    suppliers = read_suppliers(folder / "suppliers.jsonl")
    challenges = read_challenges(folder / "challenges.jsonl")
    if days:
        suppliers = [
            replace(one, documents=tuple(replace(d, recorded=LONG_AGO) for d in one.documents))
            for one in suppliers
        ]
        challenges = [replace(challenge, published=SINCE) for challenge in challenges]
    place = {supplier.id: i for i, supplier in enumerate(suppliers)}
    known: defaultdict[str, set[int]] = defaultdict(set)
    for line in (folder / "qrels.jsonl").read_text("utf-8").splitlines():
        judgement = json.loads(line)
        if judgement["relevance"] > 0:
            known[judgement["challenge_id"]].add(place[judgement["supplier_id"]])
    return Judged(
        name=folder.name,
        challenges=challenges,
        suppliers=suppliers,
        relevant=[frozenset(known[challenge.id]) for challenge in challenges],
    )


def newcomers_among_relevant(judged: Judged) -> float:
    """Return the share of suppliers with one statement among all relevant pairs."""
    newcomers = judged.newcomers
    pairs = [newcomers[i] for relevant in judged.relevant for i in relevant]
    return float(np.mean(pairs))


def measure(judged: Judged, scores: Floats) -> Measured:
    """Measure ``float64[challenges, suppliers]`` by nDCG@10, recall@50 and MRR.

    Equal scores stand in the order of the file. Suppliers without a judgement
    count as not relevant, so the figures are lower bounds.
    """
    rows: list[tuple[float, float, float]] = []
    newcomers = judged.newcomers
    shares: list[float] = []
    for relevant, row in zip(judged.relevant, scores, strict=True):
        order = np.argsort(-row, kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(1, len(order) + 1)
        ranks = sorted(int(rank[i]) for i in relevant)
        gain = sum(1 / math.log2(r + 1) for r in ranks if r <= 10)
        ideal = sum(1 / math.log2(r + 1) for r in range(1, min(10, len(ranks)) + 1))
        found = sum(r <= DEPTH for r in ranks) / len(ranks)
        rows.append((gain / ideal, found, 1 / ranks[0]))
        shares.append(float(newcomers[order[:DEPTH]].mean()))
    columns = np.array(rows).T
    return Measured(
        ndcg10=columns[0], recall50=columns[1], mrr=columns[2], newcomer_share=float(np.mean(shares))
    )


def interval(values: Floats, *, seed: int = 0, rounds: int = 2000) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean over challenges."""
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(values), size=(rounds, len(values)))
    low, high = np.quantile(values[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def ratio_interval(ours: Floats, theirs: Floats, *, seed: int = 0, rounds: int = 2000) -> tuple[float, float]:
    """Return the 95 % paired bootstrap interval of the ratio of two means."""
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(ours), size=(rounds, len(ours)))
    ratios = ours[picks].mean(axis=1) / np.maximum(theirs[picks].mean(axis=1), 1e-12)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(high)


def baselines(judged: Judged) -> dict[str, Floats]:
    """Score by BM25 and TF-IDF, once over all a supplier's statements joined, once by the best one."""
    asked = [_joined(challenge.title, challenge.text) for challenge in judged.challenges]
    owners = [i for i, supplier in enumerate(judged.suppliers) for _ in supplier.documents]
    texts = [_joined(d.title, d.text) for supplier in judged.suppliers for d in supplier.documents]
    joined = [
        "".join(" " + _joined(d.title, d.text) for d in supplier.documents) for supplier in judged.suppliers
    ]
    best = np.array(owners)
    return {
        "bm25 joined": _bm25(joined, asked),
        "bm25 best": _best(_bm25(texts, asked), best, len(judged.suppliers)),
        "tfidf joined": _tfidf(joined, asked),
        "tfidf best": _best(_tfidf(texts, asked), best, len(judged.suppliers)),
    }


def _joined(title: str, text: str) -> str:
    return f"{title}. {text}"


def _best(scores: Floats, owners: npt.NDArray[np.int64], size: int) -> Floats:
    found = np.full((len(scores), size), -1e9)
    for column, owner in enumerate(owners):
        found[:, owner] = np.maximum(found[:, owner], scores[:, column])
    return found


def _bm25(corpus: Sequence[str], asked: Sequence[str]) -> Floats:
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25(k1=1.5, b=0.75)
    tokens = bm25s.tokenize(corpus, stopwords="en", stemmer=stemmer, show_progress=False)
    index.index(tokens, show_progress=False)
    words = bm25s.tokenize(asked, stopwords="en", stemmer=stemmer, show_progress=False, return_ids=False)
    rows = [index.get_scores(list(dict.fromkeys(one))) if one else np.zeros(len(corpus)) for one in words]
    return np.stack(rows).astype(np.float64)


def _tfidf(corpus: Sequence[str], asked: Sequence[str]) -> Floats:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=2)
    matrix = vectorizer.fit_transform(corpus)
    scores: Floats = np.asarray((vectorizer.transform(asked) @ matrix.T).todense(), dtype=np.float64)
    return scores
