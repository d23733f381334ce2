"""Statements from the database in the form in which segments take them, supplier by supplier."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from engage.matching import Evidence, StatementRow
from engage.matchmaking.models import StatementReading, TextVector
from engage.matchmaking.service import readings
from engage.suppliers.models import Statement, Supplier

_READ_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Profile:
    """One supplier as it is compared, and all of it in the form in which it is frozen."""

    ref: str
    revision: int
    """As ``sifting.Entrant`` has it, of exactly these rows."""
    rows: list[StatementRow]
    line: str
    """Canonical JSON: the supplier's codes, and its statements with everything but their words."""
    complete: bool
    """Whether every statement has its vectors."""


def profiles(session: Session, *, ids: Sequence[int], digest: str, dim: int) -> Iterator[Profile]:
    """Yield the suppliers with ``ids`` that have a statement, in order of reference, with vectors of one model.

    One statement of SQL, so that all is of one moment; rows come as they are needed. What is not read yet is
    read here and not kept.
    """
    rows = session.execute(_query(digest), {"ids": list(ids)}, execution_options={"yield_per": _READ_AT_ONCE})
    for ref, own in groupby(rows, key=lambda row: row.ref):
        yield _profile(session, ref, list(own), digest, dim)


def words_hash(title: str, text: str) -> str:
    """Return the name of a statement's words, exactly as they are written (SHA-256, hex)."""
    return hashlib.sha256(json.dumps([title, text]).encode()).hexdigest()


def line_of(cpv: Sequence[str], statements: Sequence[Mapping[str, Any]]) -> str:
    """Return the canonical JSON of a frozen profile."""
    content = {"cpv": list(cpv), "statements": sorted(statements, key=lambda one: int(one["id"]))}
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _query(digest: str) -> Any:
    text_vector, title_vector = orm.aliased(TextVector), orm.aliased(TextVector)
    own = (Statement.id, Statement.title, Statement.text, Statement.cpv, Statement.level, Statement.dated)
    return (
        sa.select(
            Supplier.ref,
            Supplier.cpv.label("supplier_cpv"),
            Supplier.revision.label("supplier_revision"),
            *own,
            Statement.recorded_on,
            Statement.expires_on,
            Statement.revision,
            StatementReading.title_hash,
            StatementReading.reading,
            text_vector.vector.label("vector"),
            title_vector.vector.label("title_vector"),
        )
        .select_from(Supplier)
        .join(Statement, Statement.supplier_id == Supplier.id)
        .outerjoin(StatementReading, sa.and_(*readings.good()))
        .outerjoin(text_vector, _is(text_vector, StatementReading.text_hash, digest))
        .outerjoin(title_vector, _is(title_vector, StatementReading.title_hash, digest))
        .where(Supplier.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.BigInteger))))
        .order_by(sa.collate(Supplier.ref, "C"), Statement.id)
    )


def _is(vector: Any, name: Any, digest: str) -> sa.ColumnElement[bool]:
    return sa.and_(vector.content_hash == name, vector.model_digest == digest)


def _profile(session: Session, ref: str, own: list[Any], digest: str, dim: int) -> Profile:
    revision = own[0].supplier_revision
    rows: list[StatementRow] = []
    statements: list[dict[str, Any]] = []
    for row in own:
        revision ^= row.revision
        rows.append(_row(session, ref, row, digest, dim))
        statements.append(
            {
                "id": str(row.id),
                "words": words_hash(row.title, row.text),
                "cpv": list(row.cpv),
                "level": row.level.value,
                "dated": row.dated and row.dated.isoformat(),
                "recorded": row.recorded_on.isoformat(),
                "expires": row.expires_on.isoformat(),
            }
        )
    return Profile(
        ref=ref,
        revision=revision,
        rows=rows,
        line=line_of(own[0].supplier_cpv, statements),
        complete=not dim or all(row.vector is not None for row in rows),
    )


def _row(session: Session, ref: str, row: Any, digest: str, dim: int) -> StatementRow:
    reading, vector, title_vector, title_hash = row.reading, row.vector, row.title_vector, row.title_hash
    if reading is None:
        read = readings.read(row.title, row.text)
        reading, title_hash = read.reading, read.title_hash
        vector, title_vector = (
            _vector(session, name, digest) if dim else None for name in (read.text_hash, title_hash)
        )
    if title_hash and title_vector is None:
        vector = None  # half of what is compared is missing
    return StatementRow(
        supplier=ref,
        id=str(row.id),
        title=row.title,
        text=row.text,
        reading=bytes(reading),
        vector=bytes(vector) if vector is not None else None,
        title_vector=bytes(title_vector) if vector is not None and title_vector is not None else None,
        cpv=(*row.cpv, *row.supplier_cpv),
        level=Evidence(row.level.value),
        dated=row.dated,
        recorded=row.recorded_on,
        expires=row.expires_on,
    )


def _vector(session: Session, name: str, digest: str) -> bytes | None:
    kept = (TextVector.content_hash == name, TextVector.model_digest == digest)
    return session.scalar(sa.select(TextVector.vector).where(*kept))
