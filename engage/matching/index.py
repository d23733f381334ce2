"""The index: profiles made ready for scoring any number of challenges."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from engage.matching.background import Background, Lexicon, count_readings, sample
from engage.matching.building import StatementRow, build_segment, refuse_repeated
from engage.matching.features import Features
from engage.matching.parameters import Parameters
from engage.matching.pool import Pool
from engage.matching.reading import read_wording
from engage.matching.types import Document, SupplierProfile
from engage.matching.wording import Wording, content_hash, wording
from engage.matching.yardstick import Identity, Yardstick


@dataclass(frozen=True, kw_only=True, eq=False)
class Index:
    """A pool of one segment made from profiles, and the vectors it came from."""

    pool: Pool
    features: Features
    identity: Identity

    @property
    def parameters(self) -> Parameters:
        """The parameters in force."""
        return self.pool.yardstick.parameters

    @cached_property
    def positions(self) -> dict[str, int]:
        """The place of each supplier in the scores of the one part."""
        segment = self.pool.parts[0].segment
        return {segment.supplier_id(place): place for place in range(len(segment))}


def build_index(
    *,
    suppliers: Sequence[SupplierProfile],
    features: Features,
    parameters: Parameters | None = None,
    lexicon: Lexicon | None = None,
    background: Background | None = None,
    as_of: dt.date | None = None,
) -> Index:
    """Prepare the suppliers for scoring any number of challenges.

    The order of suppliers and of their statements makes no difference. Without
    a snapshot of its own the lexicon and the background are taken from these
    suppliers; without the day ``as_of`` nothing expires and nothing is fresh.
    Raises ``InputError`` for an id given twice and ``MissingVectorsError`` when
    ``features`` lacks a vector.
    """
    refuse_repeated([supplier.id for supplier in suppliers])
    ordered = sorted(suppliers, key=lambda supplier: supplier.id)
    chosen = parameters or Parameters()
    told = [(one, document, wording(document)) for one in ordered for document in one.documents]
    rows = [statement_row(*each, features) for each in told]
    if lexicon is None:
        readings = (row.reading for row in rows if row.weight)
        lexicon = count_readings(readings, min_documents=chosen.min_documents)
    if background is None:
        background = sample(said for _, document, said in told if document.weight)
    yardstick = Yardstick.of(lexicon=lexicon, background=background, features=features, parameters=chosen)
    segment = build_segment(rows, yardstick=yardstick, suppliers=[one.id for one in ordered])
    return Index(
        pool=Pool([segment], yardstick=yardstick, as_of=as_of),
        features=features,
        identity=yardstick.identity(profiles_hash(ordered)),
    )


def statement_row(
    supplier: SupplierProfile, document: Document, said: Wording, features: Features
) -> StatementRow:
    """Return a statement of a supplier, worded as ``said``, read and with its vectors.

    Raises ``MissingVectorsError`` when ``features`` lacks one.
    """
    titled = said.title not in ("", said.full)
    texts = (said.full, said.title) if titled else (said.full,)
    found = features.matrix([content_hash(text) for text in texts]) if said.full and features.dim else None
    return StatementRow(
        supplier=supplier.id,
        id=document.id,
        title=document.title,
        text=document.text,
        reading=read_wording(said),
        vector=None if found is None else found[0].tobytes(),
        title_vector=found[1].tobytes() if found is not None and titled else None,
        cpv=(*document.cpv, *supplier.expertise_cpv),
        level=document.level,
        dated=document.date,
        recorded=document.recorded,
        expires=document.expires,
        weight=document.weight,
    )


def profiles_hash(suppliers: Sequence[SupplierProfile]) -> str:
    """Return the SHA-256 of everything about these suppliers that can decide a score."""
    digest = hashlib.sha256()
    for supplier in sorted(suppliers, key=lambda supplier: supplier.id):
        statements = sorted(supplier.documents, key=lambda document: document.id)
        line = [
            supplier.id,
            list(supplier.expertise_cpv),
            [
                [
                    *(d.id, d.title, d.text, list(d.cpv), d.weight, d.level.value),
                    *(day.isoformat() if day else None for day in (d.date, d.recorded, d.expires)),
                ]
                for d in statements
            ],
        ]
        digest.update(json.dumps(line).encode() + b"\n")
    return digest.hexdigest()
