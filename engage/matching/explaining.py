"""Why a supplier has its score: parts that add up to it, words, and sentences."""

from __future__ import annotations

import math

import numpy as np

from engage.matching.channels import TERM_UNIT, Semantic
from engage.matching.index import Index
from engage.matching.scoring import Asked, StatementScores, SupplierScores
from engage.matching.text import normalise, sentences, shingles, spellings
from engage.matching.types import (
    Document,
    DocumentReason,
    Explanation,
    Field,
    Passage,
    TermReason,
)
from engage.matching.wording import content_hash

_TERMS_SHOWN = 8
_PASSAGES_SHOWN = 2


def explain_supplier(
    index: Index,
    asked: Asked,
    statements: StatementScores,
    scored: SupplierScores,
    position: int,
) -> Explanation:
    """Explain the score of the supplier at ``position`` in the index.

    Reads only this supplier's statements, the challenge and the snapshots:
    nothing about any other supplier can show in it.
    """
    holder = int(np.searchsorted(index.holders, position))
    reasons: list[DocumentReason] = []
    if holder < len(index.holders) and index.holders[holder] == position:
        for row, factor in zip(scored.chosen[:, holder], scored.factors[:, holder], strict=True):
            if row >= 0:
                reasons.append(_reason(index, asked, statements, int(row), float(factor)))
    return Explanation(
        challenge_id=asked.challenge.id,
        supplier_id=index.suppliers[position].id,
        score=float(scored.scores[position]),
        documents=tuple(reasons),
        matched_by_words_alone=index.semantic_channel.weight == 0,
    )


def sentence_texts(document: Document) -> list[str]:
    """Return the sentences of a statement, cleaned, as they may be encoded.

    When the features hold vectors of these texts, the passages of an
    explanation are chosen by meaning as well as by words.
    """
    return [
        normalise(source[start:end]) for _, source in _fields(document) for start, end in sentences(source)
    ]


def _reason(
    index: Index, asked: Asked, statements: StatementScores, row: int, factor: float
) -> DocumentReason:
    document = index.documents[row]
    factor *= float(index.weights[row])
    semantic = factor * float(statements.semantic[row])
    lexical = factor * float(statements.lexical[row])
    cpv = factor * float(statements.cpv[row])
    contribution = factor * float(statements.total[row])
    shared = _shared_terms(index, asked, row, factor)
    baseline = -factor * float(index.lexical_channel.baseline(asked.lexical_scale)[row])
    return DocumentReason(
        document_id=document.id,
        contribution=contribution,
        semantic=semantic,
        lexical=lexical,
        cpv=cpv,
        limit=contribution - (semantic + lexical + cpv),
        lexical_baseline=baseline,
        terms=tuple(shared[:_TERMS_SHOWN]),
        other_terms=math.fsum(reason.contribution for reason in shared[_TERMS_SHOWN:]),
        shared_cpv=index.cpv.shared(row, asked.challenge.cpv),
        passages=_passages(index, asked, document),
        near_copy=_is_near_copy(index, asked, row),
    )


def _shared_terms(index: Index, asked: Asked, row: int, factor: float) -> list[TermReason]:
    channel = index.lexical_channel
    spread = float(channel.chance.spread[row]) * asked.lexical_scale.spread
    unit = factor * channel.weight / spread / float(TERM_UNIT**2)
    own = index.lexical.row(row)
    written = spellings(index.said[row].full)
    names = index.vocabulary.terms
    reasons = [
        TermReason(
            term=names[number],
            shown=written[names[number]],
            contribution=unit * weight * own[number],
        )
        for number, weight in asked.weights.items()
        if number in own
    ]
    return sorted(reasons, key=lambda reason: (-reason.contribution, reason.term))


def _fields(document: Document) -> tuple[tuple[Field, str], tuple[Field, str]]:
    return ("title", document.title), ("text", document.text)


def _passages(index: Index, asked: Asked, document: Document) -> tuple[Passage, ...]:
    """Return the sentences most like the challenge, strongest first."""
    found: list[Passage] = []
    for name, source in _fields(document):
        for start, end in sentences(source):
            strength = _strength(index, asked, source[start:end])
            if strength > 0:
                found.append(Passage(field=name, start=start, end=end, strength=strength))
    found.sort(key=lambda passage: (-passage.strength, passage.field, passage.start))
    return tuple(found[:_PASSAGES_SHOWN])


def _strength(index: Index, asked: Asked, sentence: str) -> float:
    """Return how like the challenge a sentence is: cosines, by the channels' weights."""
    own = index.vocabulary.weigh_sentence(sentence)
    lexical = sum(weight * own.get(number, 0) for number, weight in asked.weights.items())
    strength = index.lexical_channel.weight * (lexical / float(TERM_UNIT**2))
    name = content_hash(sentence)
    if index.features.dim and name in index.features:
        vector = Semantic(index.features.matrix([name]))
        cosine = float(vector.cosines(asked.vector)[0, 0])
        strength += index.semantic_channel.weight * max(cosine, 0.0)
    return strength


def _is_near_copy(index: Index, asked: Asked, row: int) -> bool:
    if not asked.runs:
        return False
    shared = len(asked.runs & shingles(index.said[row].full))
    return shared / len(asked.runs) >= index.parameters.near_copy
