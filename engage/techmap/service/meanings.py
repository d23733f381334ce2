"""What each supplier on the map means, as one vector: the mean of its statements that count."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from engage.matching import Embedder, Parameters
from engage.matching.features import add_titles
from engage.matching.landscape import word_vectors
from engage.matchmaking.models import StatementReading, TextVector
from engage.matchmaking.service import readings
from engage.suppliers.models import Statement, Supplier
from engage.techmap.queries.shown import on_the_map

AT_ONCE = 4_000


@dataclass(frozen=True, eq=False)
class Meanings:
    """Suppliers by id, rising; a vector each, ``float32[n, dim]``; and the fingerprint of what each one is made of."""

    suppliers: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]
    fingerprints: npt.NDArray[np.int64]


def meanings(session: Session, *, day: date, model: Embedder) -> Meanings:
    """Read the suppliers that are on the map on ``day`` and whose statements have been read.

    A statement that is not read yet waits for the next drawing. Many statements of SQL, each of a few thousand
    suppliers.
    """
    ids: list[int] = []
    prints: list[int] = []
    blocks: list[npt.NDArray[np.float32]] = []
    words: list[bytes] = []
    owners: list[int] = []
    for rows in _chunks(session, day, model):
        held = [list(own) for _, own in groupby(rows, key=lambda row: row.supplier_id)]
        if model.dim:
            blocks.append(_means(held))
        for own in held:
            words += [] if model.dim else [bytes(row.reading) for row in own]
            owners += [] if model.dim else [len(ids)] * len(own)
            ids.append(own[0].supplier_id)
            prints.append(_fingerprint(own))
    if not model.dim:
        blocks = [word_vectors(words, np.array(owners, dtype=np.int64), suppliers=len(ids))]
    empty = np.zeros((0, max(model.dim, 1)), dtype=np.float32)
    return Meanings(
        np.array(ids, dtype=np.int64),
        np.concatenate(blocks) if blocks else empty,
        np.array(prints, dtype=np.int64),
    )


def _chunks(session: Session, day: date, model: Embedder) -> Iterator[list[Any]]:
    """Yield the statements to be placed, with their vectors, of some suppliers at a time; the same words once."""
    query = _query(day, model)
    last = 0
    while True:
        some = (
            sa.select(Supplier.id).where(Supplier.id > last).order_by(Supplier.id).limit(AT_ONCE).subquery()
        )
        highest = session.scalar(sa.select(sa.func.max(some.c.id)))
        if highest is None:
            return
        between = query.where(Statement.supplier_id > last, Statement.supplier_id <= highest)
        once = {(row.supplier_id, row.text_hash): row for row in session.execute(between)}
        if rows := list(once.values()):
            yield rows
        last = highest


def _query(day: date, model: Embedder) -> Any:
    order = (Statement.supplier_id, StatementReading.text_hash)
    query = (
        sa.select(Statement.supplier_id, StatementReading.text_hash)
        .join(StatementReading, sa.and_(*readings.good()))
        .join(Supplier, Supplier.id == Statement.supplier_id)
        .where(*on_the_map(), Statement.counts_on(day))
        .order_by(*order)
    )
    if not model.dim:
        return query.add_columns(StatementReading.reading)
    text, title = orm.aliased(TextVector), orm.aliased(TextVector)
    return (
        query.join(text, _is(text, StatementReading.text_hash, model))
        .outerjoin(title, _is(title, StatementReading.title_hash, model))
        .add_columns(text.vector.label("vector"), title.vector.label("title_vector"))
    )


def _is(vector: Any, name: Any, model: Embedder) -> sa.ColumnElement[bool]:
    return sa.and_(vector.content_hash == name, vector.model_digest == model.digest)


def _means(held: list[list[Any]]) -> npt.NDArray[np.float32]:
    """Return the mean of each supplier's statements, every statement with the same weight."""
    rows = [row for own in held for row in own]
    packed = np.frombuffer(b"".join(bytes(row.vector) for row in rows), dtype=np.int8).reshape(len(rows), -1)
    packed = packed.copy()
    titled = [i for i, row in enumerate(rows) if row.title_vector is not None]
    if titled:
        titles = b"".join(bytes(rows[i].title_vector) for i in titled)
        theirs = np.frombuffer(titles, dtype=np.int8).reshape(len(titled), -1)
        packed[titled] = add_titles(packed[titled], theirs, weight=Parameters().title_semantic)
    each = packed.astype(np.float32)
    each /= np.maximum(np.linalg.norm(each, axis=1, keepdims=True), np.float32(1e-12))
    starts = np.cumsum([0, *(len(own) for own in held[:-1])])
    sums: npt.NDArray[np.float32] = np.add.reduceat(each, starts, axis=0)
    return sums


def _fingerprint(own: list[Any]) -> int:
    """Return the name of what a supplier says, as 64 bits with a sign."""
    digest = hashlib.blake2b("".join(row.text_hash for row in own).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
