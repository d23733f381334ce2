"""Reading what was frozen: a pool as it was, whatever has become of the profiles since."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel.errors import NotFound
from engage.matching import Document, Evidence, StatementRow, SupplierProfile
from engage.matchmaking.enums import HardRule
from engage.matchmaking.models import FormerStatement, MatchPool, MatchRun, TextVector
from engage.matchmaking.service import readings
from engage.matchmaking.service.rows import words_hash
from engage.suppliers.models import Statement, Supplier

Words = Mapping[str, tuple[str, str]]
"""Title and text by the hash of the words."""
_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class FrozenStatement:
    """A statement without its words, which ``words`` names."""

    id: str
    words: str
    cpv: tuple[str, ...]
    level: Evidence
    dated: date | None
    recorded: date
    expires: date


@dataclass(frozen=True, slots=True)
class FrozenSupplier:
    """A supplier that took part: the facts that rules can ask for, its codes, its statements."""

    ref: str
    facts: Mapping[str, Any]
    cpv: tuple[str, ...]
    statements: tuple[FrozenStatement, ...]


@dataclass(frozen=True)
class FrozenPool:
    """Everybody as they were on the day of a match, in order of reference."""

    on: date
    suppliers: list[FrozenSupplier] = field(default_factory=list)
    left_out: dict[str, HardRule] = field(default_factory=dict)


def thaw(session: Session, *, run: MatchRun) -> FrozenPool:
    """Return the frozen pool of ``run``. Raises ``NotFound`` when it is not kept or is not what the run names."""
    head, *lines = _content(session, run).decode().split("\n")
    pool = FrozenPool(date.fromisoformat(json.loads(head)["on"]))
    for line in lines:
        found = _read(line)
        if isinstance(found, FrozenSupplier):
            pool.suppliers.append(found)
        else:
            pool.left_out[json.loads(line)[0]] = found
    return pool


def day_of(session: Session, *, run: MatchRun) -> date:
    """Return the day as of which the pool of ``run`` was frozen. Raises ``NotFound``."""
    return date.fromisoformat(json.loads(_content(session, run).split(b"\n", 1)[0])["on"])


def frozen_supplier(session: Session, *, run: MatchRun, ref: str) -> FrozenSupplier | HardRule | None:
    """Return one supplier as ``run`` froze it, or the rule that left it out; ``None`` when it was not there."""
    content = _content(session, run)
    start = content.find(f'\n["{ref}",'.encode())
    if start < 0:
        return None
    end = content.find(b"\n", start + 1)
    return _read(content[start + 1 : end if end >= 0 else len(content)].decode())


def frozen_profile(
    session: Session, *, run: MatchRun, supplier: Supplier
) -> SupplierProfile | HardRule | None:
    """Return ``supplier`` as ``run`` compared it, with its words of that day, or the hard rule that left it out.

    ``None`` when it was not among the suppliers then. Raises ``NotFound`` when the pool or the words are not
    kept.
    """
    found = frozen_supplier(session, run=run, ref=supplier.ref)
    if not isinstance(found, FrozenSupplier):
        return found
    words = words_of(session, found.statements)
    return SupplierProfile(
        id=found.ref,
        name=supplier.organisation.name,
        documents=tuple(
            Document(
                id=one.id,
                title=words[one.words][0],
                text=words[one.words][1],
                date=one.dated,
                cpv=one.cpv,
                level=one.level,
                recorded=one.recorded,
                expires=one.expires,
            )
            for one in found.statements
        ),
        expertise_cpv=found.cpv,
    )


def words_of(session: Session, statements: Sequence[FrozenStatement]) -> Words:
    """Return the words of frozen statements: the present ones or, where they have changed, the former ones.

    Raises ``NotFound`` when some are not kept.
    """
    wanted = {one.words for one in statements}
    ids = [int(one.id) for one in statements]
    found = _named(session, wanted, sa.select(Statement.title, Statement.text).where(Statement.id.in_(ids)))
    if len(found) < len(wanted):
        former = [int(one.id) for one in statements if one.words not in found]
        query = sa.select(FormerStatement.title, FormerStatement.text).where(
            FormerStatement.statement_id.in_(former)
        )
        found |= _named(session, wanted, query)
    if len(found) < len(wanted):
        raise NotFound(f"The words of {len(wanted) - len(found)} frozen statements are not in the database.")
    return found


def frozen_rows(
    session: Session, suppliers: Sequence[FrozenSupplier], *, digest: str, dim: int
) -> Iterator[StatementRow]:
    """Yield frozen statements as segments take them, read anew, with the vectors that are kept."""
    for start in range(0, len(suppliers), _TOGETHER):
        some = suppliers[start : start + _TOGETHER]
        words = words_of(session, [one for supplier in some for one in supplier.statements])
        read = {name: readings.read(*both) for name, both in words.items()}
        names = {name for one in read.values() for name in (one.text_hash, one.title_hash)} if dim else set()
        kept = (TextVector.content_hash.in_(names), TextVector.model_digest == digest)
        query = sa.select(TextVector.content_hash, TextVector.vector).where(*kept)
        vectors = {row.content_hash: bytes(row.vector) for row in session.execute(query)}
        for supplier in some:
            for one in supplier.statements:
                yield _row(supplier, one, words[one.words], read[one.words], vectors)


def _row(
    supplier: FrozenSupplier,
    one: FrozenStatement,
    words: tuple[str, str],
    read: readings.Read,
    vectors: Mapping[str, bytes],
) -> StatementRow:
    vector, title_vector = vectors.get(read.text_hash), vectors.get(read.title_hash)
    whole = vector is not None and (title_vector is not None or not read.title_hash)
    return StatementRow(
        supplier=supplier.ref,
        id=one.id,
        title=words[0],
        text=words[1],
        reading=read.reading,
        vector=vector if whole else None,
        title_vector=title_vector if whole else None,
        cpv=(*one.cpv, *supplier.cpv),
        level=one.level,
        dated=one.dated,
        recorded=one.recorded,
        expires=one.expires,
    )


def _named(session: Session, wanted: set[str], query: sa.Select[str, str]) -> dict[str, tuple[str, str]]:
    rows = [(row.title, row.text) for row in session.execute(query)]
    return {name: row for row in rows if (name := words_hash(*row)) in wanted}


def _content(session: Session, run: MatchRun) -> bytes:
    content = session.scalar(sa.select(MatchPool.content).where(MatchPool.hash == run.pool_hash))
    if content is None:
        raise NotFound(f"The pool of the match {run.ref} is not kept.")
    pool = zlib.decompress(content)
    if hashlib.sha256(pool).hexdigest() != run.pool_hash:
        raise NotFound(f"The pool kept for the match {run.ref} is not the one that was frozen.")
    return pool


def _read(line: str) -> FrozenSupplier | HardRule:
    ref, *rest = json.loads(line)
    if len(rest) == 1:
        return HardRule(rest[0])
    facts, profile = rest
    return FrozenSupplier(
        ref=ref,
        facts=facts,
        cpv=tuple(profile["cpv"]),
        statements=tuple(
            FrozenStatement(
                id=one["id"],
                words=one["words"],
                cpv=tuple(one["cpv"]),
                level=Evidence(one["level"]),
                dated=date.fromisoformat(one["dated"]) if one["dated"] else None,
                recorded=date.fromisoformat(one["recorded"]),
                expires=date.fromisoformat(one["expires"]),
            )
            for one in profile["statements"]
        ),
    )
