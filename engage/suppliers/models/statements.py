"""Statements of expertise, the capabilities they name, and the reminders sent about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.kernel.db import Base
from engage.suppliers.enums import EvidenceLevel, NamedBy
from engage.suppliers.models.profiles import Supplier
from engage.suppliers.models.taxonomy import Capability


class Statement(Base):
    """One dated statement of expertise: what was done, for whom, with what evidence."""

    __tablename__ = "statement"
    __table_args__ = (
        sa.UniqueConstraint("supplier_id", "content_hash"),
        sa.Index("ix_statement_content_hash", "content_hash"),
        sa.Index("ix_statement_search", "search", postgresql_using="gin"),
        sa.Index("ix_statement_expires_on", "expires_on"),
        # What counts, without reading the texts: the map asks it of every supplier each time it is looked at.
        sa.Index(
            "ix_statement_counting",
            "supplier_id",
            "expires_on",
            postgresql_include=["id", "level", "confirmed_on"],
        ),
        # The same, in the order in which the claims lie: counting by capability walks both together.
        sa.Index("ix_statement_of_claims", "id", postgresql_include=["supplier_id", "expires_on", "level"]),
        sa.CheckConstraint("(level = 'verified') = (verified_at IS NOT NULL)", name="verified_at_a_moment"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id", ondelete="CASCADE"))
    title: Mapped[str]
    text: Mapped[str]
    client: Mapped[str] = mapped_column(default="")
    """For whom the work was done."""
    dated: Mapped[date | None]
    cpv: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    evidence_case: Mapped[str] = mapped_column(default="", server_default="")
    """What shows that the work was done: a contract, a report, a person who can be asked."""
    evidence_reference: Mapped[str] = mapped_column(default="", server_default="")
    """Its number, like that of a notice or a contract."""
    evidence_dated: Mapped[date | None]
    evidence_url: Mapped[str] = mapped_column(default="")
    level: Mapped[EvidenceLevel] = mapped_column(default=EvidenceLevel.DECLARED)
    verified_at: Mapped[datetime | None]
    verified_because: Mapped[str | None]
    """What was compared with what, in the words of whoever did it."""
    confirmed_on: Mapped[date] = mapped_column(server_default=sa.text("CURRENT_DATE"))
    """When its supplier last said that it holds: on writing or on confirming it."""
    expires_on: Mapped[date]
    """From this day on the statement counts no longer: ``counts_on``."""
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
    named: Mapped[list[StatementCapability]] = relationship(
        back_populates="statement",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="StatementCapability.capability_id",
    )

    @hybrid_method
    def counts_on(self, day: Any) -> Any:
        """Whether it still holds on ``day`` (a UK date): the one condition for matching, map and public pages.

        On a statement a truth value, on the class a condition for SQL, whose ``day`` may be a bound parameter.
        """
        return self.expires_on > day


class StatementCapability(Base):
    """A statement names a capability: both together are a capability claim."""

    __tablename__ = "statement_capability"

    statement_id: Mapped[int] = mapped_column(
        sa.ForeignKey("statement.id", ondelete="CASCADE"), primary_key=True
    )
    capability_id: Mapped[int] = mapped_column(sa.ForeignKey("capability.id"), primary_key=True, index=True)
    named_by: Mapped[NamedBy]
    since: Mapped[datetime]

    statement: Mapped[Statement] = relationship(back_populates="named")
    capability: Mapped[Capability] = relationship(lazy="joined", innerjoin=True)


class ExpiryReminder(Base):
    """A supplier was reminded that a statement expires: so many days before, about that day, once."""

    __tablename__ = "expiry_reminder"

    statement_id: Mapped[int] = mapped_column(
        sa.ForeignKey("statement.id", ondelete="CASCADE"), primary_key=True
    )
    expires_on: Mapped[date] = mapped_column(primary_key=True)
    days_before: Mapped[int] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime]
