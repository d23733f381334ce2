"""Tables of suppliers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Organisation
from engage.kernel.db import Base
from engage.suppliers.enums import EvidenceLevel


class Supplier(Base):
    """The profile of a supplier organisation."""

    __tablename__ = "supplier"
    __table_args__ = (sa.CheckConstraint("capacity_per_quarter BETWEEN 0 AND 100", name="capacity_in_range"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    """The public identifier in the address of its page."""
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), unique=True)
    summary: Mapped[str] = mapped_column(default="")
    website: Mapped[str] = mapped_column(default="")
    sme: Mapped[bool | None]
    vcse: Mapped[bool | None]
    regions: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    cpv: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    corporate_group: Mapped[str] = mapped_column(default="")
    """The group of companies it belongs to: at most one of a group is invited to a challenge."""
    capacity_per_quarter: Mapped[int] = mapped_column(default=4)
    paused: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str | None]
    """Where an imported profile comes from; empty once its own people look after it."""
    source_ref: Mapped[str | None] = mapped_column(unique=True)
    """The identifier in the file it was imported from."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(
        sa.BigInteger, server_default=sa.text("engage_revision()"), deferred=True
    )
    """Random, and another one after every change of what is compared; the database sees to it."""

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    statements: Mapped[list[Statement]] = relationship(
        back_populates="supplier", order_by="(Statement.dated.desc().nulls_last(), Statement.id)"
    )


class Statement(Base):
    """One dated statement of expertise: what was done, for whom, with what evidence."""

    __tablename__ = "statement"
    __table_args__ = (
        sa.UniqueConstraint("supplier_id", "content_hash"),
        sa.Index("ix_statement_content_hash", "content_hash"),
        sa.Index("ix_statement_search", "search", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id", ondelete="CASCADE"))
    title: Mapped[str]
    text: Mapped[str]
    client: Mapped[str] = mapped_column(default="")
    """For whom the work was done."""
    dated: Mapped[date | None]
    cpv: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    evidence_url: Mapped[str] = mapped_column(default="")
    level: Mapped[EvidenceLevel] = mapped_column(default=EvidenceLevel.DECLARED)
    expires_on: Mapped[date]
    """From this day on the statement no longer counts in matching."""
    content_hash: Mapped[str]
    """``engage.matching.content_hash`` of title and text."""
    source: Mapped[str | None]
    """Where an imported statement comes from; empty when the supplier typed it."""
    licence: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    recorded_on: Mapped[date] = mapped_column(server_default=sa.text("CURRENT_DATE"))
    """Since when its words are here: what was written before a challenge was published is no copy of it."""
    revision: Mapped[int] = mapped_column(
        sa.BigInteger, server_default=sa.text("engage_revision()"), deferred=True
    )
    """Random, and another one after every change of what is compared; the database sees to it."""
    search: Mapped[Any] = mapped_column(
        TSVECTOR, sa.Computed("to_tsvector('english', title || ' ' || text)", persisted=True), deferred=True
    )

    supplier: Mapped[Supplier] = relationship(back_populates="statements")
