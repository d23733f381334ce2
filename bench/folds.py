"""Choosing parameters on some challenges and measuring on others: ``python -m bench.folds``.

The weight of the channels and the discount of further statements are chosen on
four fifths of the challenges of both sets and measured on the last fifth, five
times over, so that every challenge is measured with parameters chosen without
it. What is chosen has the best nDCG@10, relative to the better baseline and
averaged over the sets, among settings under which suppliers with one statement
hold at least 0.8 of their share of the relevant in the top 50 of each set.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
from dataclasses import dataclass

import numpy as np

from bench.quality import DATA, PROJECT, present_sets
from bench.retrieval import (
    Floats,
    Judged,
    Measured,
    Rows,
    baselines,
    measure,
    newcomers_among_relevant,
    read_judged,
)
from bench.vectors import features_for
from engage.matching import Features, Parameters, build_index, load_embedder
from engage.matching.scoring import StatementScores, ask, score_statements, score_suppliers

FOLDS = 5
LEAST_NEWCOMERS = 0.8
SEMANTIC = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8)
DISCOUNTS = (0.4, 0.5, 0.6, 0.7, 0.8, 1.0)


@dataclass(frozen=True, order=True)
class Setting:
    """One choice of the two parameters."""

    semantic: float
    discount: float

    def parameters(self) -> Parameters:
        """Return the parameters with this choice in them."""
        return Parameters(
            semantic=self.semantic,
            lexical=round(1 - self.semantic, 2),
            ranks=(1.0, self.discount, round(self.discount**2, 4)),
        )


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A set, and what each setting gives on it."""

    judged: Judged
    baseline: Floats
    among_relevant: float
    measured: dict[Setting, Measured]

    def worth(self, setting: Setting, rows: Rows) -> float:
        """Return nDCG@10 relative to the better baseline over some challenges."""
        ours = self.measured[setting].ndcg10[rows]
        return float(ours.mean() / self.baseline.mean())

    def fair(self, setting: Setting) -> bool:
        """Tell whether suppliers with one statement get their share."""
        return self.measured[setting].newcomer_share >= LEAST_NEWCOMERS * self.among_relevant


def main() -> None:
    """Print what each fold chooses, what it gets unseen, and the JSON line."""
    parser = argparse.ArgumentParser(description="Choose matching parameters by held-out folds.")
    parser.add_argument("--data", default=DATA, help="relative to the project")
    folder = (PROJECT / parser.parse_args().data).resolve()
    embedder = load_embedder()
    trials = []
    for name in present_sets(folder):
        judged = read_judged(folder / name)
        trials.append(_try_all(judged, features_for(judged, embedder)))
    if not trials:
        print("Skipped: there is no benchmark data.")
        return
    settings = sorted(trials[0].measured)
    for setting in settings:
        _print_setting(setting, trials)
    everything = [np.arange(len(trial.judged.challenges)) for trial in trials]
    chosen = [_choose(settings, trials, _without(everything, fold)) for fold in range(FOLDS)]
    unseen = {}
    for trial, rows in zip(trials, everything, strict=True):
        values = [trial.measured[chosen[fold]].ndcg10[rows % FOLDS == fold] for fold in range(FOLDS)]
        unseen[trial.judged.name] = round(float(np.concatenate(values).mean()), 4)
    best = _choose(settings, trials, everything)
    print(f"Chosen on all: {best}; by fold: {chosen}")
    print(json.dumps({"chosen": dataclasses.asdict(best), "unseen_ndcg10": unseen}))


def _without(everything: list[Rows], fold: int) -> list[Rows]:
    return [rows[rows % FOLDS != fold] for rows in everything]


def _choose(settings: list[Setting], trials: list[Trial], rows: list[Rows]) -> Setting:
    fair = [setting for setting in settings if all(trial.fair(setting) for trial in trials)]
    return max(
        fair,
        key=lambda setting: sum(t.worth(setting, part) for t, part in zip(trials, rows, strict=True)),
    )


def _print_setting(setting: Setting, trials: list[Trial]) -> None:
    parts = [
        f"{trial.judged.name}: nDCG@10 {trial.measured[setting].ndcg10.mean():.4f}"
        f" recall@50 {trial.measured[setting].recall50.mean():.4f}"
        f" newcomers {trial.measured[setting].newcomer_share / trial.among_relevant:.2f}"
        for trial in trials
    ]
    print(f"semantic {setting.semantic} discount {setting.discount}  " + "  ".join(parts), flush=True)


def _try_all(judged: Judged, features: Features) -> Trial:
    parameters = Parameters()
    index = build_index(suppliers=judged.suppliers, features=features, parameters=parameters)
    pool, part = index.pool, index.pool.parts[0]
    statements = [
        score_statements(pool, part, ask(pool.yardstick, challenge, features=features))
        for challenge in judged.challenges
    ]
    places = [index.positions[supplier.id] for supplier in judged.suppliers]
    whole = parameters.semantic + parameters.lexical
    measured = {}
    for semantic, discount in itertools.product(SEMANTIC, DISCOUNTS):
        setting = Setting(semantic, discount)
        ranks = setting.parameters().ranks
        up = semantic / (parameters.semantic / whole)
        down = (1 - semantic) / (parameters.lexical / whole)
        rows = [
            score_suppliers(part, _reweighed(one, up, down, parameters), ranks=ranks).scores[places]
            for one in statements
        ]
        measured[setting] = measure(judged, np.stack(rows))
    scores = baselines(judged).values()
    best = max((measure(judged, one) for one in scores), key=lambda one: float(one.ndcg10.mean()))
    return Trial(
        judged=judged,
        baseline=best.ndcg10,
        among_relevant=newcomers_among_relevant(judged),
        measured=measured,
    )


def _reweighed(one: StatementScores, up: float, down: float, parameters: Parameters) -> StatementScores:
    semantic, lexical = one.semantic * up, one.lexical * down
    total = np.clip(semantic + lexical + one.cpv, 0.0, parameters.ceiling) * one.kept
    return dataclasses.replace(one, semantic=semantic, lexical=lexical, total=total)


if __name__ == "__main__":
    main()
