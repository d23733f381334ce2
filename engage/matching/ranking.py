"""Ranking: the suppliers for a challenge, best first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engage.matching.background import Background, Lexicon
from engage.matching.errors import InputError
from engage.matching.explaining import explain_supplier
from engage.matching.features import Features
from engage.matching.index import Index, build_index
from engage.matching.parameters import Parameters
from engage.matching.scoring import ask, score_statements, score_suppliers
from engage.matching.types import Band, ChallengeText, Explanation, Ranked, SupplierProfile


def rank(
    *,
    challenges: Sequence[ChallengeText],
    suppliers: Sequence[SupplierProfile],
    features: Features,
    parameters: Parameters | None = None,
    lexicon: Lexicon | None = None,
    background: Background | None = None,
    top: int = 100,
    explain: int = 0,
) -> dict[str, list[Ranked]]:
    """Rank the suppliers for each challenge.

    ``features`` must hold the vectors of all statements, challenges and
    background texts (see ``texts_to_encode`` and ``encode_missing``). Returns
    challenge id to at most ``top`` places, the first ``explain`` of them with
    an explanation. Equal scores are put in order of supplier id. The same input
    gives the same output to the byte. Raises ``InputError`` for repeated ids
    and ``MissingVectorsError`` for missing vectors.
    """
    if len({challenge.id for challenge in challenges}) != len(challenges):
        raise InputError("Two challenges have the same id; every id must be different.")
    index = build_index(
        suppliers=suppliers,
        features=features,
        parameters=parameters,
        lexicon=lexicon,
        background=background,
    )
    return {
        challenge.id: rank_challenge(index, challenge, top=top, explain=explain) for challenge in challenges
    }


def rank_challenge(
    index: Index, challenge: ChallengeText, *, top: int = 100, explain: int = 0
) -> list[Ranked]:
    """Rank the suppliers of an index for one challenge; see ``rank``."""
    if top < 1 or explain < 0:
        raise InputError("top is 1 or more, explain 0 or more.")
    asked = ask(index, challenge)
    statements = score_statements(index, asked)
    scored = score_suppliers(index, statements)
    # Stable, and the index is in order of id: equal scores stay in that order.
    order = np.argsort(-scored.scores, kind="stable")[:top].tolist()
    by_words = index.semantic_channel.weight == 0
    counts = np.bincount(index.owners, minlength=len(index.suppliers))
    return [
        Ranked(
            challenge_id=challenge.id,
            supplier_id=index.suppliers[position].id,
            rank=place,
            score=float(scored.scores[position]),
            band=band_of(float(scored.scores[position]), index.parameters, by_words=by_words),
            confidence=int(counts[position]),
            explanation=(
                explain_supplier(index, asked, statements, scored, position) if place <= explain else None
            ),
        )
        for place, position in enumerate(order, start=1)
    ]


def explain_pair(index: Index, challenge: ChallengeText, supplier_id: str) -> Explanation:
    """Explain the score of one supplier for one challenge, wherever it is ranked.

    Raises ``InputError`` when the supplier is not in the index.
    """
    if supplier_id not in index.positions:
        raise InputError(f"There is no supplier {supplier_id} among those ranked.")
    asked = ask(index, challenge)
    statements = score_statements(index, asked)
    scored = score_suppliers(index, statements)
    return explain_supplier(index, asked, statements, scored, index.positions[supplier_id])


def band_of(score: float, parameters: Parameters, *, by_words: bool = False) -> Band:
    """Return the band of a score by the thresholds in force (``by_words``: without a model)."""
    names = (Band.STRONG, Band.GOOD, Band.POSSIBLE)
    thresholds = parameters.bands_by_words if by_words else parameters.bands
    for name, least in zip(names, thresholds, strict=True):
        if score >= least:
            return name
    return Band.NONE
