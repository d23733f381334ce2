"""The score: statements first, then suppliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engage.matching.channels import Floats, Ints, Semantic
from engage.matching.features import content_hash, full_text
from engage.matching.index import Index
from engage.matching.text import terms
from engage.matching.types import ChallengeText


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A challenge made ready: its vector and its weighted terms."""

    challenge: ChallengeText
    vector: Semantic
    weights: dict[int, int]


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
    ``parts[k, i]`` what it adds to the score.
    """

    scores: Floats
    chosen: Ints
    parts: Floats


def ask(index: Index, challenge: ChallengeText) -> Asked:
    """Look up the vector of a challenge and weigh its terms.

    Raises ``MissingVectorsError`` when the features lack its vector.
    """
    text = full_text(challenge)
    vector = index.features.matrix([content_hash(text, "challenge")])
    return Asked(
        challenge=challenge,
        vector=Semantic(vector),
        weights=index.vocabulary.weigh(terms(text)),
    )


def score_statements(index: Index, asked: Asked) -> StatementScores:
    """Score every statement: standard deviations above chance, both channels weighed.

    The unit is one standard deviation of likeness to the background. CPV adds a
    small, visible term. A statement no better than chance counts 0, one better
    than the ceiling counts the ceiling.
    """
    semantic = index.semantic_channel.standardise(index.semantic.cosines_to(asked.vector))
    lexical = index.lexical_channel.standardise(index.lexical.cosines_to(asked.weights))
    cpv = index.parameters.cpv * index.cpv.closeness(asked.challenge.cpv)
    total = np.clip(semantic + lexical + cpv, 0.0, index.parameters.ceiling)
    return StatementScores(semantic=semantic, lexical=lexical, cpv=cpv, total=total)


def score_suppliers(index: Index, statements: StatementScores) -> SupplierScores:
    """Add up each supplier's best statements, the second and third discounted.

    The best counts ``ranks[0]``, the next ``ranks[1]`` and so on; a place
    nobody fills adds nothing, so more evidence never lowers a score and the
    many statements of a large firm cannot outweigh one good one for long.
    """
    scores = np.zeros(len(index.suppliers))
    ranks: Sequence[float] = index.parameters.ranks
    chosen = np.full((len(ranks), len(index.holders)), -1, dtype=np.int64)
    parts = np.zeros((len(ranks), len(index.holders)))
    if not len(index.holders):
        return SupplierScores(scores=scores, chosen=chosen, parts=parts)
    left = statements.total * index.weights
    group = np.repeat(np.arange(len(index.starts)), np.diff([*index.starts, len(left)]))
    place = np.arange(len(left))
    for k, rank_weight in enumerate(ranks):
        best = np.maximum.reduceat(left, index.starts)
        at = np.minimum.reduceat(np.where(left == best[group], place, len(left)), index.starts)
        counts = best > 0
        chosen[k, counts] = at[counts]
        parts[k, counts] = rank_weight * best[counts]
        left[at] = -1.0
    # Added up place by place, so that the parts sum to the score to the last bit.
    for k in range(len(ranks)):
        scores[index.holders] += parts[k]
    return SupplierScores(scores=scores, chosen=chosen, parts=parts)
