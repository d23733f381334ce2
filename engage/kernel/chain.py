"""Append-only tables whose rows are chained by hashes: change, removal or insertion of any row is noticed.

A row is written with its ``payload`` (canonical JSON of what is recorded) and no hash. Right before the commit, under
a lock held only for that moment, the new rows of the transaction get their number in the chain and their hash,
``SHA-256(previous hash || payload)``. Sealing at the end keeps writers from waiting for each other, and no lock can be
taken in the wrong order. The database refuses every other UPDATE, and every DELETE and TRUNCATE (see the migration).

Payloads hold no personal data in the clear: a person's name stands as a salted digest, so that it can be forgotten
without breaking the chain.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, mapped_column

from engage.kernel.db import Base

GENESIS = "0" * 64
_DIRTY = "engage_chains_to_seal"
_LINK = """
    UPDATE {table} SET seq = link.seq, previous_hash = link.previous_hash, hash = link.hash
    FROM unnest(
        cast(:ids AS bigint[]), cast(:seqs AS bigint[]), cast(:previous_hashes AS text[]), cast(:hashes AS text[])
    ) AS link (id, seq, previous_hash, hash)
    WHERE {table}.id = link.id
"""


class Chained:
    """Mixin of a chained table. ``PAYLOAD`` names the columns that the payload repeats."""

    PAYLOAD: ClassVar[tuple[str, ...]] = ()

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    at: Mapped[datetime]
    payload: Mapped[str]
    seq: Mapped[int | None] = mapped_column(sa.BigInteger, unique=True)
    previous_hash: Mapped[str | None]
    hash: Mapped[str | None]

    def own_faults(self) -> Iterator[str]:
        """Yield what is wrong with the columns beside the payload; a table that has such columns says it here."""
        yield from ()


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a chain: ``where`` names the row, ``what`` says it in words."""

    where: str
    what: str


@dataclass(frozen=True)
class Head:
    """The end of a chain: keep it elsewhere, and a cut-off tail is noticed."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


def canonical(values: Mapping[str, Any]) -> str:
    """Return ``values`` as JSON with sorted keys and no spaces; datetimes as ISO 8601 in UTC."""

    def plain(value: Any) -> str:
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat()
        raise TypeError(f"{type(value).__name__} cannot stand in a payload")

    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=plain)


def digest(previous: str, payload: str) -> str:
    """Return the hash of a row from the hash before it and its payload."""
    return hashlib.sha256(f"{previous}\n{payload}".encode()).hexdigest()


def salted(text: str) -> tuple[str, str]:
    """Return ``(salt, digest)`` of a personal text, to stand in a payload in its place."""
    salt = secrets.token_hex(16)
    return salt, commitment(salt, text)


def commitment(salt: str, text: str) -> str:
    """Return the digest that ``salted`` gave for ``text`` with this ``salt``."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def append(session: Session, row: Chained) -> None:
    """Add ``row`` with its payload; it is sealed when the transaction commits."""
    row.payload = canonical({name: getattr(row, name) for name in (*row.PAYLOAD, "at")})
    session.add(row)
    session.info.setdefault(_DIRTY, set()).add(type(row))


@event.listens_for(Session, "before_commit")
def _seal(session: Session) -> None:
    if session.in_nested_transaction():
        return  # the end of a savepoint is not yet the commit: nobody must wait for the lock until then
    for table in sorted(session.info.pop(_DIRTY, ()), key=lambda cls: str(cls.__tablename__)):
        _seal_table(session, table)


def _seal_table(session: Session, table: Any) -> None:
    session.flush()
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(table.__tablename__))))
    last = head(session, table)
    seq, previous = last.seq, last.hash
    fresh = sa.select(table.id, table.payload).where(table.hash.is_(None)).order_by(table.id)
    links: list[tuple[int, int, str, str]] = []
    for row_id, payload in session.execute(fresh).all():
        seq, hashed = seq + 1, digest(previous, payload)
        links.append((row_id, seq, previous, hashed))
        previous = hashed
    if links:
        _write_links(session, table, links)


def _write_links(session: Session, table: Any, links: list[tuple[int, int, str, str]]) -> None:
    """Write number and hashes of all fresh rows in one statement: everybody else waits for it."""
    ids, seqs, previous_hashes, hashes = (list(column) for column in zip(*links, strict=True))
    columns = {"ids": ids, "seqs": seqs, "previous_hashes": previous_hashes, "hashes": hashes}
    session.execute(sa.text(_LINK.format(table=table.__tablename__)), columns)
    for row in list(session.identity_map.values()):
        if isinstance(row, table):
            session.expire(row, ["seq", "previous_hash", "hash"])


def head(session: Session, table: Any) -> Head:
    """Return the end of the chain of ``table``; an empty chain ends at 0."""
    row = session.execute(
        sa.select(table.seq, table.hash).where(table.seq.is_not(None)).order_by(table.seq.desc()).limit(1)
    ).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def verify(session: Session, table: Any, *, expected: Head | None = None) -> Iterator[Fault]:
    """Walk the chain of ``table`` and yield every fault; ``expected`` is a head saved earlier.

    Finds: a changed column or payload, a removed or inserted row, a row never sealed, and (with ``expected``) a tail
    cut off or a chain rewritten.
    """
    previous, seq = GENESIS, 0
    seen: str | None = GENESIS if expected and expected.seq == 0 else None
    rows = sa.select(table).order_by(table.seq.nulls_last(), table.id).execution_options(yield_per=1000)
    for row in session.scalars(rows):
        where = f"{table.__tablename__} row {row.id}"
        if row.seq is None or row.hash is None:
            yield Fault(where, "was never sealed: it was written past the application.")
            continue
        if row.seq != seq + 1:
            yield Fault(where, f"has number {row.seq} where {seq + 1} belongs: rows before it were removed.")
        yield from _row_faults(row, where, previous)
        if expected and row.seq == expected.seq:
            seen = row.hash
        previous, seq = row.hash, row.seq
    if expected and seen is None:
        yield Fault(
            table.__tablename__, f"ends at {seq}, before the saved head {expected.seq}: its tail was cut."
        )
    elif expected and seen != expected.hash:
        yield Fault(f"{table.__tablename__} number {expected.seq}", "differs from the saved head: rewritten.")


def _row_faults(row: Any, where: str, previous: str) -> Iterator[Fault]:
    if row.previous_hash != previous:
        yield Fault(where, "does not follow the row before it.")
    if digest(row.previous_hash or "", row.payload) != row.hash:
        yield Fault(where, "was changed after it was written: its hash does not fit its payload.")
    for fault in row.own_faults():
        yield Fault(where, fault)
    recorded = json.loads(row.payload)
    actual = json.loads(canonical({name: getattr(row, name) for name in (*row.PAYLOAD, "at")}))
    for name in recorded.keys() | actual.keys():
        if recorded.get(name) != actual.get(name):
            yield Fault(
                where, f"was changed after it was written: column {name} differs from what was recorded."
            )


def chained_tables() -> list[Any]:
    """Return every chained table, by name."""
    tables = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Chained)]
    return sorted(tables, key=lambda cls: str(cls.__tablename__))
