"""Re-fitting the weights of matching from pairs that people have judged. Nothing is applied here.

Two numbers are tried: the weight of meaning beside that of words, and the
discount of a supplier's second and third statement. They are chosen on some
challenges and measured on others, so that what is reported was not seen.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engage.matching.channels import Floats
from engage.matching.errors import InputError
from engage.matching.features import Features
from engage.matching.index import Index, build_index
from engage.matching.parameters import Parameters
from engage.matching.scoring import StatementScores, ask, score_statements, score_suppliers
from engage.matching.types import ChallengeText, SupplierProfile

SEMANTIC = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
DISCOUNTS = (0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
FOLDS = 5
#: Fewer challenges than this say nothing that is not noise.
LEAST_CHALLENGES = 20
#: Suppliers with one statement hold at least this part of their share of the relevant.
LEAST_NEWCOMERS = 0.8
DEPTH, SHARE_DEPTH = 10, 50
_ROUNDS = 2_000

Progress = Callable[[int, int], None]
_Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What people found of one pair: ``relevance`` from 0 (does not fit) upwards."""

    challenge_id: str
    supplier_id: str
    relevance: float


@dataclass(frozen=True, slots=True, order=True)
class Setting:
    """The two numbers that are tried."""

    semantic: float
    discount: float

    def applied_to(self, parameters: Parameters) -> Parameters:
        """Return parameters with this setting in them and everything else as it was."""
        ranks = tuple(round(self.discount**i, 4) for i in range(len(parameters.ranks)))
        return dataclasses.replace(
            parameters, semantic=self.semantic, lexical=round(1 - self.semantic, 4), ranks=ranks
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What was found. Figures are means of nDCG@10 over the challenges that were judged.

    ``before`` is the setting in force, ``chosen`` the best on all challenges,
    ``by_fold`` what each fold chose without its own. ``unseen_ndcg10`` measures
    each challenge with the setting chosen without it; ``gain`` is that less
    ``before_ndcg10``, with its 95 % bootstrap interval. The newcomers' shares
    are those of suppliers with one statement in the first fifty places, over
    their share of the relevant (``None`` when none was judged relevant).
    """

    challenges: int
    pairs: int
    before: Setting
    chosen: Setting
    by_fold: tuple[Setting, ...]
    before_ndcg10: float
    chosen_ndcg10: float
    unseen_ndcg10: float
    gain: float
    gain_interval: tuple[float, float]
    newcomers_before: float | None
    newcomers_chosen: float | None
    parameters: Parameters

    @property
    def within_noise(self) -> bool:
        """Whether the gain could as well be chance: then leave the parameters as they are."""
        return self.gain_interval[0] <= 0

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready data."""
        return {**dataclasses.asdict(self), "within_noise": self.within_noise}


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """Every setting on every judged challenge: ``ndcg`` and ``newcomers`` are ``float64[settings, challenges]``."""

    settings: tuple[Setting, ...]
    ndcg: Floats
    newcomers: Floats
    among_relevant: float | None

    def share(self, setting: int) -> float | None:
        """Return the newcomers' share over their share of the relevant."""
        if not self.among_relevant:
            return None
        return float(self.newcomers[setting].mean()) / self.among_relevant

    def choose(self, rows: _Rows, *, before: int) -> int:
        """Return the fair setting that is best on some challenges; on equal terms the one in force."""
        least = LEAST_NEWCOMERS
        if (now := self.share(before)) is not None:
            least = min(least, now)
        shares = [self.share(i) for i in range(len(self.settings))]
        fair = [i for i, share in enumerate(shares) if share is None or share >= least]
        means = self.ndcg[:, rows].mean(axis=1)
        return max(fair, key=lambda i: (means[i], i == before, -i))


def tune(
    *,
    suppliers: Sequence[SupplierProfile],
    challenges: Sequence[ChallengeText],
    judgements: Sequence[Judgement],
    features: Features,
    parameters: Parameters | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Try settings on judged pairs and say what they would change.

    A challenge counts when one of its pairs was judged relevant. Where some were
    judged not to fit, only judged suppliers are ranked, because the others were
    never asked; else everybody is, and who was not judged counts as not fitting.
    Words copied from challenges are not looked for. ``progress(done, total)`` is
    called for each challenge. Raises ``InputError`` for unknown or repeated
    pairs, a relevance that is no number from 0 up, and fewer than
    ``LEAST_CHALLENGES`` challenges; ``MissingVectorsError`` for missing vectors.
    """
    chosen = parameters or Parameters()
    judged = _judged(judgements, suppliers, challenges)
    index = build_index(suppliers=suppliers, features=features, parameters=chosen)
    before = Setting(
        round(chosen.semantic / (chosen.semantic + chosen.lexical), 4),
        chosen.ranks[1] if len(chosen.ranks) > 1 else 0.0,
    )
    asked = [one for one in challenges if one.id in judged]
    measured = _measure(index, asked, judged, features, _settings(before, features), progress)
    return _report(measured, before, chosen, pairs=sum(len(own) for own in judged.values()))


def _settings(before: Setting, features: Features) -> tuple[Setting, ...]:
    """Return the grid and the setting in force; without a model the weight of meaning is not tried."""
    weights = SEMANTIC if features.dim else (before.semantic,)
    return tuple(sorted({before, *(Setting(one, discount) for one in weights for discount in DISCOUNTS)}))


def _judged(
    judgements: Sequence[Judgement], suppliers: Sequence[SupplierProfile], challenges: Sequence[ChallengeText]
) -> dict[str, dict[str, float]]:
    known = {one.id for one in suppliers}, {one.id for one in challenges}
    found: dict[str, dict[str, float]] = {}
    for one in judgements:
        pair = f"{one.challenge_id} and {one.supplier_id}"
        if one.supplier_id not in known[0] or one.challenge_id not in known[1]:
            raise InputError(f"The judged pair {pair} names a challenge or supplier that is not there.")
        if not math.isfinite(one.relevance) or one.relevance < 0:
            raise InputError(f"The relevance of {pair} must be a number from 0 up.")
        own = found.setdefault(one.challenge_id, {})
        if one.supplier_id in own:
            raise InputError(f"The pair {pair} is judged twice; keep one.")
        own[one.supplier_id] = one.relevance
    found = {name: own for name, own in found.items() if any(own.values())}
    if len(found) < LEAST_CHALLENGES:
        raise InputError(
            f"{len(found)} challenges have a supplier judged to fit; {LEAST_CHALLENGES} are needed to tell anything."
        )
    return found


def _measure(
    index: Index,
    asked: Sequence[ChallengeText],
    judged: Mapping[str, Mapping[str, float]],
    features: Features,
    settings: tuple[Setting, ...],
    progress: Progress | None,
) -> _Measured:
    pool, part = index.pool, index.pool.parts[0]
    parameters = index.parameters
    counts = np.diff(part.segment.columns.starts)
    ndcg, newcomers = (np.zeros((len(settings), len(asked))) for _ in range(2))
    whole = parameters.semantic + parameters.lexical
    for column, challenge in enumerate(asked):
        statements = score_statements(pool, part, ask(pool.yardstick, challenge, features=features))
        gains = {index.positions[name]: value for name, value in judged[challenge.id].items()}
        for row, setting in enumerate(settings):
            up, down = setting.semantic * whole, (1 - setting.semantic) * whole
            scale = (up / parameters.semantic if parameters.semantic else 0.0), down / parameters.lexical
            weighed = _reweighed(statements, *(scale if features.dim else (0.0, 1.0)), parameters)
            ranks = setting.applied_to(parameters).ranks
            scores = score_suppliers(part, weighed, ranks=ranks).scores
            ndcg[row, column] = _ndcg(scores, gains)
            first = np.argsort(-scores, kind="stable")[:SHARE_DEPTH]
            newcomers[row, column] = float((counts[first] == 1).mean())
        if progress is not None:
            progress(column + 1, len(asked))
    relevant = [index.positions[s] for own in judged.values() for s, value in own.items() if value > 0]
    return _Measured(
        settings=settings,
        ndcg=ndcg,
        newcomers=newcomers,
        among_relevant=float((counts[relevant] == 1).mean()),
    )


def _reweighed(one: StatementScores, up: float, down: float, parameters: Parameters) -> StatementScores:
    """Return the scores of statements with the channels weighed anew."""
    semantic, lexical = one.semantic * up, one.lexical * down
    points = semantic + lexical + one.cpv + one.evidence + one.freshness
    total = np.clip(points, 0.0, parameters.ceiling) * one.kept
    return dataclasses.replace(one, semantic=semantic, lexical=lexical, total=total)


def _ndcg(scores: Floats, gains: Mapping[int, float]) -> float:
    """Return nDCG@10; only judged places are ranked when some were judged not to fit."""
    places = np.array(sorted(gains)) if 0 in gains.values() else np.arange(len(scores))
    order = places[np.argsort(-scores[places], kind="stable")][:DEPTH].tolist()
    found = math.fsum(
        gains.get(place, 0.0) / math.log2(rank + 1) for rank, place in enumerate(order, start=1)
    )
    best = sorted(gains.values(), reverse=True)[:DEPTH]
    return found / math.fsum(value / math.log2(rank + 1) for rank, value in enumerate(best, start=1))


def _report(measured: _Measured, before: Setting, parameters: Parameters, *, pairs: int) -> Tuning:
    settings, count = measured.settings, measured.ndcg.shape[1]
    was = settings.index(before)
    fold = np.arange(count) % FOLDS
    by_fold = [measured.choose(fold != one, before=was) for one in range(FOLDS)]
    unseen = np.array([measured.ndcg[by_fold[one], i] for i, one in enumerate(fold.tolist())])
    gains = unseen - measured.ndcg[was]
    picks = np.random.default_rng(0).integers(0, count, size=(_ROUNDS, count))
    low, high = np.quantile(gains[picks].mean(axis=1), [0.025, 0.975])
    best = measured.choose(np.ones(count, dtype=np.bool_), before=was)
    return Tuning(
        challenges=count,
        pairs=pairs,
        before=before,
        chosen=settings[best],
        by_fold=tuple(settings[one] for one in by_fold),
        before_ndcg10=float(measured.ndcg[was].mean()),
        chosen_ndcg10=float(measured.ndcg[best].mean()),
        unseen_ndcg10=float(unseen.mean()),
        gain=float(gains.mean()),
        gain_interval=(float(low), float(high)),
        newcomers_before=measured.share(was),
        newcomers_chosen=measured.share(best),
        parameters=parameters if best == was else settings[best].applied_to(parameters),
    )
