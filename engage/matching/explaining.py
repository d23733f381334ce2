"""Why suppliers have their scores: parts that add up to them, words, and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engage.matching.channels import Ints, Semantic, baseline
from engage.matching.lexical import TERM_UNIT
from engage.matching.pool import Part, Pool
from engage.matching.reading import read_sentences
from engage.matching.scoring import Asked, StatementScores, SupplierScores
from engage.matching.text import normalise, sentences, spellings
from engage.matching.types import (
    Document,
    DocumentReason,
    Explanation,
    Field,
    Passage,
    TermReason,
)
from engage.matching.wording import content_hash, full_text

_TERMS_SHOWN = 8
_PASSAGES_SHOWN = 2


@dataclass(frozen=True, slots=True)
class _Counted:
    """A statement that counts towards a score: its row, and what each of its points adds."""

    row: int
    factor: float


def explain_suppliers(
    pool: Pool,
    part: Part,
    asked: Asked,
    statements: StatementScores,
    scored: SupplierScores,
    places: Sequence[int],
) -> list[Explanation]:
    """Explain the scores of the suppliers at these places of one part.

    Reads only their own statements, the challenge and the snapshots: nothing
    about any other supplier can show in an explanation.
    """
    counted = [_counted(part, scored, place) for place in places]
    rows = [one.row for own in counted for one in own]
    writer = _Writer(pool, part, asked, statements, rows)
    return [
        Explanation(
            challenge_id=asked.challenge.id,
            supplier_id=part.segment.supplier_id(place),
            score=float(scored.scores[place]),
            documents=tuple(writer.reason(one) for one in own),
            matched_by_words_alone=asked.by_words,
            left_out=_left_out(part, statements, place),
        )
        for place, own in zip(places, counted, strict=True)
    ]


def sentence_texts(document: Document) -> list[str]:
    """Return the sentences of a statement, cleaned, as they may be encoded.

    When the features hold vectors of these texts, the passages of an
    explanation are chosen by meaning as well as by words.
    """
    return [normalise(document_field(document, span)) for span in _spans(document)]


def document_field(document: Document, span: tuple[Field, int, int]) -> str:
    """Return the words of a span of a statement's title or text."""
    name, start, end = span
    return (document.title if name == "title" else document.text)[start:end]


def _spans(document: Document) -> list[tuple[Field, int, int]]:
    fields: tuple[tuple[Field, str], ...] = (("title", document.title), ("text", document.text))
    return [(name, start, end) for name, source in fields for start, end in sentences(source)]


def _counted(part: Part, scored: SupplierScores, place: int) -> list[_Counted]:
    """Return the statements that make up the score of a supplier, best first."""
    holders = part.segment.holders
    holder = int(np.searchsorted(holders, place))
    if holder == len(holders) or holders[holder] != place:
        return []
    pairs = zip(scored.chosen[:, holder].tolist(), scored.factors[:, holder].tolist(), strict=True)
    return [_Counted(row, factor) for row, factor in pairs if row >= 0]


def _left_out(part: Part, statements: StatementScores, place: int) -> tuple[str, ...]:
    first, last = part.segment.columns.starts[place : place + 2].tolist()
    gone = np.flatnonzero((statements.kept[first:last] == 0) & part.live[first:last])
    return tuple(sorted(part.segment.statement_id(first + row) for row in gone.tolist()))


class _Writer:
    """Writes the reasons of some statements; what all of them need is looked up at once."""

    def __init__(
        self, pool: Pool, part: Part, asked: Asked, statements: StatementScores, rows: Sequence[int]
    ) -> None:
        self.pool = pool
        self.part = part
        self.asked = asked
        self.statements = statements
        self.documents = {row: part.segment.document(row) for row in rows}
        ordered = np.array(sorted(self.documents), dtype=np.int64)
        held = part.segment.postings.weights_of(ordered, asked.hashes)
        self.held = dict(zip(ordered.tolist(), held, strict=True))
        chance = part.segment.lexical_chance.at(ordered)
        self.spread = dict(zip(ordered.tolist(), chance.spread.tolist(), strict=True))
        taken_off = baseline(chance, asked.lexical_scale, weight=asked.lexical_weight)
        self.taken_off = dict(zip(ordered.tolist(), taken_off.tolist(), strict=True))
        self.codes = part.segment.cpv.shared(ordered, asked.challenge.cpv)
        self.spans = {row: _spans(document) for row, document in self.documents.items()}
        self.likeness = _likeness(
            pool,
            asked,
            [
                normalise(document_field(self.documents[row], span))
                for row in rows
                for span in self.spans[row]
            ],
        )

    def reason(self, one: _Counted) -> DocumentReason:
        """Return what one statement adds to the score, and why."""
        row, statements = one.row, self.statements
        document = self.documents[row]
        kept = float(statements.kept[row])
        whole = one.factor * float(self.part.segment.columns.weight[row])
        factor = whole * kept
        parts = {
            name: factor * float(getattr(statements, name)[row])
            for name in ("semantic", "lexical", "cpv", "evidence", "freshness")
        }
        contribution = whole * float(statements.total[row])
        shown, other = self._shared_terms(row, factor)
        return DocumentReason(
            document_id=document.id,
            contribution=contribution,
            **parts,
            limit=contribution - sum(parts.values()),
            lexical_baseline=-factor * self.taken_off[row],
            terms=shown,
            other_terms=other,
            shared_cpv=self.codes[row],
            passages=self._passages(row),
            near_copy=kept < 1,
            kept=kept,
        )

    def _shared_terms(self, row: int, factor: float) -> tuple[tuple[TermReason, ...], float]:
        """Return the strongest of the shared terms, and what the others add together."""
        spread = self.spread[row] * self.asked.lexical_scale.spread
        unit = factor * self.asked.lexical_weight / spread / float(TERM_UNIT**2)
        products: Ints = self.asked.weights * self.held[row]
        shared = [(-products[i], self.asked.names[i]) for i in np.flatnonzero(products).tolist()]
        shared.sort()
        written = spellings(full_text(self.documents[row]))
        shown = tuple(
            TermReason(term=term, shown=written[term], contribution=unit * -int(product))
            for product, term in shared[:_TERMS_SHOWN]
        )
        return shown, unit * -int(sum(product for product, _ in shared[_TERMS_SHOWN:]))

    def _passages(self, row: int) -> tuple[Passage, ...]:
        """Return the sentences most like the challenge, strongest first."""
        found: list[Passage] = []
        for span in self.spans[row]:
            strength = self.likeness[normalise(document_field(self.documents[row], span))]
            if strength > 0:
                name, start, end = span
                found.append(Passage(field=name, start=start, end=end, strength=strength))
        found.sort(key=lambda passage: (-passage.strength, passage.field, passage.start))
        return tuple(found[:_PASSAGES_SHOWN])


def _likeness(pool: Pool, asked: Asked, texts: Iterable[str]) -> dict[str, float]:
    """Return how like the challenge each sentence is: cosines, by the channels' weights."""
    different = list(dict.fromkeys(texts))
    weights = pool.yardstick.vocabulary.weigh(*read_sentences(different))
    products = weights.products_with(asked.numbers, asked.weights)
    found = {
        text: asked.lexical_weight * (product / float(TERM_UNIT**2))
        for text, product in zip(different, products.tolist(), strict=True)
    }
    features = asked.features
    read = [text for text in different if features.dim and content_hash(text) in features]
    if read and not asked.by_words:
        rows = Semantic(features.matrix([content_hash(text) for text in read]))
        for text, cosine in zip(read, rows.cosines(asked.vector)[:, 0].tolist(), strict=True):
            found[text] += asked.semantic_weight * max(cosine, 0.0)
    return found
