"""Readings of statements: their stems, packed, made once after a text was saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.matching import READING_EDITION, Document, content_hash, read_words
from engage.matching.wording import wording
from engage.matchmaking.models import StatementReading
from engage.suppliers.models import Statement


@dataclass(frozen=True, slots=True)
class Read:
    """What a statement comes to: the names of its vectors, and its stems."""

    text_hash: str
    title_hash: str
    """Empty when it has no title of its own."""
    reading: bytes


def read(title: str, text: str) -> Read:
    """Read the words of a statement. Depends on nothing but these and ``READING_EDITION``."""
    said = wording(Document(id="", title=title, text=text))
    return Read(
        text_hash=content_hash(said.full),
        title_hash=content_hash(said.title) if said.title not in ("", said.full) else "",
        reading=read_words(title, text),
    )


def read_some(session: Session, *, limit: int) -> int:
    """Make the readings of at most ``limit`` statements that have none, and return of how many."""
    query = unread(sa.select(Statement.id, Statement.revision, Statement.title, Statement.text))
    rows: list[dict[str, Any]] = []
    for row in session.execute(query.order_by(Statement.id).limit(limit)):
        found = read(row.title, row.text)
        rows.append(
            {
                "statement_id": row.id,
                "revision": row.revision,
                "edition": READING_EDITION,
                "text_hash": found.text_hash,
                "title_hash": found.title_hash,
                "reading": found.reading,
            }
        )
    if rows:
        insert = postgresql.insert(StatementReading)
        changed = {name: insert.excluded[name] for name in rows[0] if name != "statement_id"}
        session.execute(insert.on_conflict_do_update(index_elements=["statement_id"], set_=changed), rows)
    return len(rows)


def unread(query: Any) -> Any:
    """Limit a query on statements to those without a reading of their present words."""
    return query.where(~sa.exists().where(*good()))


def good() -> tuple[sa.ColumnElement[bool], ...]:
    """Return what joins a statement to its reading, if that is of its present words and of this code."""
    return (
        StatementReading.statement_id == Statement.id,
        StatementReading.revision == Statement.revision,
        StatementReading.edition == READING_EDITION,
    )
