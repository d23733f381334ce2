"""The score: statements first, then suppliers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from engage.matching.channels import Floats, Ints, Scale, Semantic, standardise
from engage.matching.copies import LOOKED_AT_FROM, Source, source_of
from engage.matching.errors import InputError, MissingVectorsError
from engage.matching.features import Features
from engage.matching.parameters import Parameters
from engage.matching.pool import Part, Pool
from engage.matching.reading import Hashes, term_hash
from engage.matching.segment import Days
from engage.matching.text import terms
from engage.matching.types import ChallengeText
from engage.matching.wording import Wording, wording
from engage.matching.yardstick import Yardstick

#: What part of ``Parameters.evidence`` each level gives, in the order of ``segment.LEVELS``.
_LEVEL_PARTS = np.array([0.0, 0.5, 1.0])


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A challenge made ready: its vector, its weighted terms, and how like it is to anything.

    ``numbers`` (places in the lexicon), ``hashes`` and ``weights`` are its terms and
    what they weigh; the channels' weights sum to 1, and that of meaning is 0
    when no model takes part.
    """

    challenge: ChallengeText
    said: Wording
    features: Features
    vector: Semantic
    numbers: Ints
    hashes: Hashes
    weights: Ints
    semantic_weight: float
    lexical_weight: float
    semantic_scale: Scale
    lexical_scale: Scale

    @property
    def by_words(self) -> bool:
        """Whether words alone decide."""
        return self.semantic_weight == 0

    @cached_property
    def names(self) -> list[str]:
        """The terms as stems, in the order of ``hashes``."""
        written = {term_hash(term): term for term in terms(self.said.full)}
        return [written[one] for one in self.hashes.tolist()]

    @cached_property
    def source(self) -> Source:
        """Its words, as they are looked for in statements."""
        return source_of(self.said)


@dataclass(frozen=True, kw_only=True)
class StatementScores:
    """What each statement gets, in parts.

    ``total`` is held between 0 and the ceiling, and is less where the statement
    repeats the challenge: then it counts by the part ``kept``, which only
    ``copying.settle`` finds out, for statements so ``alike`` by words that they may.
    """

    semantic: Floats
    lexical: Floats
    cpv: Floats
    evidence: Floats
    freshness: Floats
    kept: Floats
    alike: npt.NDArray[np.bool_]
    total: Floats


@dataclass(frozen=True, kw_only=True)
class SupplierScores:
    """Scores in the order of the segment, and which statements made them.

    ``chosen[k, i]`` is the k-th best statement of the i-th holder, or -1;
    ``factors[k, i]`` is what each of its points adds to the score.
    """

    scores: Floats
    chosen: Ints
    factors: Floats


def ask(yardstick: Yardstick, challenge: ChallengeText, *, features: Features) -> Asked:
    """Look up the vector of a challenge and weigh its terms.

    ``features`` of dim 0 leave meaning out: words alone decide, whatever the
    segments hold. Raises ``MissingVectorsError`` when its vector is not there and
    ``InputError`` when ``features`` belong to another model.
    """
    if features.dim and features.digest != yardstick.digest:
        raise InputError("These vectors belong to another embedder than those of the statements.")
    parameters = yardstick.parameters
    said = wording(challenge)
    semantic_weight, lexical_weight = _channel_weights(parameters, with_model=features.dim > 0)
    vector = Semantic(features.wordings([said], "challenge", title_weight=parameters.title_semantic))
    weighed = yardstick.vocabulary.weigh_texts([said])
    hashes = yardstick.vocabulary.hashes[weighed.numbers]
    behind = yardstick.vectors_behind.cosines_to(vector) if features.dim else np.zeros(0)
    return Asked(
        challenge=challenge,
        said=said,
        features=features,
        vector=vector,
        numbers=weighed.numbers,
        hashes=hashes,
        weights=weighed.values,
        semantic_weight=semantic_weight,
        lexical_weight=lexical_weight,
        semantic_scale=yardstick.semantic.scale(behind) if features.dim else Scale(mean=0.0, spread=1.0),
        lexical_scale=yardstick.lexical.scale(yardstick.postings_behind.cosines_to(hashes, weighed.values)),
    )


def _channel_weights(parameters: Parameters, *, with_model: bool) -> tuple[float, float]:
    """Return the weights of meaning and words, which sum to 1."""
    semantic = parameters.semantic if with_model else 0.0
    total = semantic + parameters.lexical
    if total <= 0:
        raise InputError("Without a model the lexical weight cannot be 0.")
    return semantic / total, parameters.lexical / total


def refuse_unread(pool: Pool, asked: Asked) -> None:
    """Raise ``MissingVectorsError`` when meaning counts and a statement that takes part has no vector."""
    if not asked.by_words and pool.unread:
        raise MissingVectorsError(
            f"{pool.unread} statements have no vector yet: compute them first, or rank by words alone."
        )


def score_statements(pool: Pool, part: Part, asked: Asked) -> StatementScores:
    """Score every statement: standard deviations above chance, both channels weighed.

    In each channel a cosine is first measured against what the statement has
    with the background, then against what the challenge has with it: general
    statements and general challenges are like everything, and that is taken out.
    The unit is one standard deviation. A shared CPV code adds a small, visible
    term; the level of evidence and freshness add theirs only to a statement that
    has points without them. A statement no better than chance counts 0, one
    better than the ceiling counts the ceiling. What repeats the challenge is
    not known yet: until ``copying.settle`` the totals are the most there can be.
    """
    segment, parameters = part.segment, pool.yardstick.parameters
    cosines = segment.postings.cosines_to(asked.hashes, asked.weights)
    lexical = standardise(cosines, segment.lexical_chance, asked.lexical_scale, weight=asked.lexical_weight)
    if asked.by_words:
        semantic = np.zeros(segment.size)
    else:
        semantic = standardise(
            segment.semantic.cosines_to(asked.vector),
            segment.semantic_chance,
            asked.semantic_scale,
            weight=asked.semantic_weight,
        )
    cpv = parameters.cpv * segment.cpv.closeness(asked.challenge.cpv)
    points = semantic + lexical + cpv
    near = points > 0
    evidence = parameters.evidence * _LEVEL_PARTS[segment.columns.level] * near
    freshness = parameters.freshness * fresh(segment.columns.dated, pool.as_of, parameters) * near
    points += evidence
    points += freshness
    return StatementScores(
        semantic=semantic,
        lexical=lexical,
        cpv=cpv,
        evidence=evidence,
        freshness=freshness,
        kept=np.ones(segment.size),
        alike=(cosines >= LOOKED_AT_FROM) & near,
        total=np.clip(points, 0.0, parameters.ceiling),
    )


def fresh(dated: Days, day: dt.date | None, parameters: Parameters) -> Floats:
    """Return how fresh statements are on a day: 1 for one of that day, half of it each half-life.

    In straight lines between the halvings, in which every processor agrees.
    Without a date, or a day, 0; one dated later counts as of the day.
    """
    if day is None:
        return np.zeros(len(dated))
    age = np.maximum(day.toordinal() - dated.astype(np.int64), 0)
    halvings, rest = np.divmod(age, parameters.half_life_days)
    value = np.ldexp(1.0 - rest / (2.0 * parameters.half_life_days), -np.minimum(halvings, 1000))
    return np.where(dated > 0, value, 0.0)


def score_suppliers(part: Part, statements: StatementScores, *, ranks: tuple[float, ...]) -> SupplierScores:
    """Put each supplier's best statements together, the second and third discounted.

    The score is the root of the weighted sum of squares: with ``ranks`` 1, 0.7,
    0.49 and statements of 4, 3 and 1 points, ``sqrt(16 + 0.7 * 9 + 0.49 * 1)``.
    A supplier with one statement has that statement's points. Further ones help
    by how strong they are, so that many middling statements do not outweigh a
    strong one, and more evidence never lowers a score. Each statement's part of
    the score is in proportion to its square, so the parts sum to the score.
    """
    segment = part.segment
    holders = segment.holders
    scores = np.zeros(len(segment))
    chosen = np.full((len(ranks), len(holders)), -1, dtype=np.int64)
    points = np.zeros((len(ranks), len(holders)))
    if not len(holders):
        return SupplierScores(scores=scores, chosen=chosen, factors=points)
    left = np.where(part.live, statements.total * segment.columns.weight, 0.0)
    starts = segment.columns.starts[holders]
    group = np.repeat(np.arange(len(starts)), np.diff(segment.columns.starts)[holders])
    place = np.arange(len(left))
    for k in range(len(ranks)):
        best = np.maximum.reduceat(left, starts)
        at = np.minimum.reduceat(np.where(left == best[group], place, len(left)), starts)
        counts = best > 0
        chosen[k, counts] = at[counts]
        points[k, counts] = best[counts]
        left[at] = -1.0
    squares = np.zeros(len(holders))
    for k, rank_weight in enumerate(ranks):
        squares += rank_weight * points[k] * points[k]
    together = np.sqrt(squares)
    scores[holders] = together
    weighed = np.array(ranks)[:, None] * points
    factors = np.divide(weighed, together, out=np.zeros_like(points), where=together > 0)
    return SupplierScores(scores=scores, chosen=chosen, factors=factors)
