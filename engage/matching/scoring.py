"""The score: statements first, then suppliers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engage.matching.channels import Floats, Ints, Scale, Semantic
from engage.matching.index import Index
from engage.matching.text import shingles
from engage.matching.types import ChallengeText
from engage.matching.wording import Wording, wording


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A challenge made ready: its vector, its weighted terms, and how like it is to anything."""

    challenge: ChallengeText
    said: Wording
    vector: Semantic
    weights: dict[int, int]
    semantic_scale: Scale
    lexical_scale: Scale

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Every run of five words of the challenge."""
        return shingles(self.said.full)


@dataclass(frozen=True, kw_only=True)
class StatementScores:
    """What each statement gets, in parts; ``total`` is held between 0 and the ceiling."""

    semantic: Floats
    lexical: Floats
    cpv: Floats
    total: Floats


@dataclass(frozen=True, kw_only=True)
class SupplierScores:
    """Scores in the order of the index, and which statements made them.

    ``chosen[k, i]`` is the k-th best statement of the i-th holder, or -1;
    ``factors[k, i]`` is what each of its points adds to the score.
    """

    scores: Floats
    chosen: Ints
    factors: Floats


def ask(index: Index, challenge: ChallengeText) -> Asked:
    """Look up the vector of a challenge and weigh its terms.

    Raises ``MissingVectorsError`` when the features lack its vector.
    """
    said = wording(challenge)
    title_weight = index.parameters.title_semantic
    vector = Semantic(index.features.wordings([said], "challenge", title_weight=title_weight))
    weights = index.vocabulary.weigh(said)
    return Asked(
        challenge=challenge,
        said=said,
        vector=vector,
        weights=weights,
        semantic_scale=index.semantic_channel.scale(index.semantic_behind.cosines_to(vector)),
        lexical_scale=index.lexical_channel.scale(index.lexical_behind.cosines_to(weights)),
    )


def score_statements(index: Index, asked: Asked) -> StatementScores:
    """Score every statement: standard deviations above chance, both channels weighed.

    In each channel a cosine is first measured against what the statement has
    with the background, then against what the challenge has with it: general
    statements and general challenges are like everything, and that is taken out.
    The unit is one standard deviation. CPV adds a
    small, visible term. A statement no better than chance counts 0, one better
    than the ceiling counts the ceiling.
    """
    semantic = index.semantic_channel.standardise(
        index.semantic.cosines_to(asked.vector), asked.semantic_scale
    )
    lexical = index.lexical_channel.standardise(index.lexical.cosines_to(asked.weights), asked.lexical_scale)
    cpv = index.parameters.cpv * index.cpv.closeness(asked.challenge.cpv)
    total = np.clip(semantic + lexical + cpv, 0.0, index.parameters.ceiling)
    return StatementScores(semantic=semantic, lexical=lexical, cpv=cpv, total=total)


def score_suppliers(index: Index, statements: StatementScores) -> SupplierScores:
    """Put each supplier's best statements together, the second and third discounted.

    The score is the root of the weighted sum of squares: with ``ranks`` 1, 0.7,
    0.49 and statements of 4, 3 and 1 points, ``sqrt(16 + 0.7 * 9 + 0.49 * 1)``.
    A supplier with one statement has that statement's points. Further ones help
    by how strong they are, so that many middling statements do not outweigh a
    strong one, and more evidence never lowers a score. Each statement's part of
    the score is in proportion to its square, so the parts sum to the score.
    """
    scores = np.zeros(len(index.suppliers))
    ranks = index.parameters.ranks
    chosen = np.full((len(ranks), len(index.holders)), -1, dtype=np.int64)
    points = np.zeros((len(ranks), len(index.holders)))
    if not len(index.holders):
        return SupplierScores(scores=scores, chosen=chosen, factors=points)
    left = statements.total * index.weights
    group = np.repeat(np.arange(len(index.starts)), np.diff([*index.starts, len(left)]))
    place = np.arange(len(left))
    for k in range(len(ranks)):
        best = np.maximum.reduceat(left, index.starts)
        at = np.minimum.reduceat(np.where(left == best[group], place, len(left)), index.starts)
        counts = best > 0
        chosen[k, counts] = at[counts]
        points[k, counts] = best[counts]
        left[at] = -1.0
    squares = np.zeros(len(index.holders))
    for k, rank_weight in enumerate(ranks):
        squares += rank_weight * points[k] * points[k]
    together = np.sqrt(squares)
    scores[index.holders] = together
    weighed = np.array(ranks)[:, None] * points
    factors = np.divide(weighed, together, out=np.zeros_like(points), where=together > 0)
    return SupplierScores(scores=scores, chosen=chosen, factors=factors)
