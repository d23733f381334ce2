"""What is computed from texts once and kept, and what matches were made of."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engage.kernel.db import Base
from engage.suppliers.models import Statement


class TextVector(Base):
    """The embedding of one text by one model, kept by content: the same text is never embedded twice."""

    __tablename__ = "text_vector"

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    model_digest: Mapped[str] = mapped_column(primary_key=True)
    vector: Mapped[bytes]
    """As ``engage.matching.Features`` dumps it: one signed byte a number."""


class StatementReading(Base):
    """The stems of a statement, packed. Good while the statement has this revision and the code this edition."""

    __tablename__ = "statement_reading"

    statement_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey(Statement.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    revision: Mapped[int] = mapped_column(sa.BigInteger)
    edition: Mapped[int]
    text_hash: Mapped[str] = mapped_column(index=True)
    """The name of its vector: the ``content_hash`` of what is compared."""
    title_hash: Mapped[str]
    """The same of the title, whose vector counts too; empty without a title of its own."""
    reading: Mapped[bytes]


class FormerStatement(Base):
    """Words that a statement had before it was changed or removed. Written by a trigger of the database.

    A match stays readable by them, whatever becomes of the profile. Those that no frozen pool names are removed by a
    job after some days.
    """

    __tablename__ = "former_statement"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    statement_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    title: Mapped[str]
    text: Mapped[str]
    replaced_at: Mapped[datetime] = mapped_column(server_default=sa.text("now()"))


class Corpus(Base):
    """How common words are and what chance looks like, as of one moment. Scores refer to it; a run names it."""

    __tablename__ = "corpus"
    __table_args__ = (sa.UniqueConstraint("lexicon_id", "background_id"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    lexicon_id: Mapped[str]
    """The lexicon's own name, by its content."""
    background_id: Mapped[str]
    statements: Mapped[int]
    """How many statements there were to take it from."""
    taken_at: Mapped[datetime]
    lexicon: Mapped[bytes] = mapped_column(deferred=True)
    """Deflated."""
    background: Mapped[bytes] = mapped_column(deferred=True)
    """Deflated JSON."""


class MatchPool(Base):
    """Who took part in a match and with what, and which rule left the others out; named by its content."""

    __tablename__ = "match_pool"

    hash: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(deferred=True)
    """Deflated; see ``service.freezing``."""
