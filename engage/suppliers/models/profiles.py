"""The profile of a supplier, and where its facts come from."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Organisation
from engage.kernel.db import Base
from engage.suppliers.enums import Fact, SupplierSize

if TYPE_CHECKING:
    from engage.suppliers.models.statements import Statement


class Supplier(Base):
    """The profile of a supplier organisation."""

    __tablename__ = "supplier"
    __table_args__ = (
        sa.CheckConstraint("capacity_per_quarter BETWEEN 0 AND 100", name="capacity_in_range"),
        sa.CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        sa.Index(
            "ix_supplier_listed", "listed_name", "id", postgresql_where=sa.text("listed_name IS NOT NULL")
        ),
        sa.Index(
            "ix_supplier_listed_alike",
            "listed_name",
            postgresql_using="gin",
            postgresql_ops={"listed_name": "gin_trgm_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    """The public identifier in the address of its page."""
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), unique=True)
    summary: Mapped[str] = mapped_column(default="")
    website: Mapped[str] = mapped_column(default="")
    sme: Mapped[bool | None]
    size: Mapped[SupplierSize | None]
    """How large it is; where this is said, ``sme`` follows from it."""
    vcse: Mapped[bool | None]
    regions: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    sectors: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list, server_default=sa.text("'{}'"))
    cpv: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    corporate_group: Mapped[str] = mapped_column(default="")
    """The group of companies it belongs to: at most one of a group is invited to a challenge."""
    capacity_per_quarter: Mapped[int] = mapped_column(default=4)
    paused: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str | None]
    """Where an imported profile comes from; empty once its own people look after it."""
    source_ref: Mapped[str | None] = mapped_column(unique=True)
    """The identifier in the file it was imported from."""
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    """The supplier that is the same organisation: whoever looks for this one is sent there."""
    listed_name: Mapped[str | None] = mapped_column(deferred=True)
    """Its organisation's name in small letters if everyone may see it, else nothing; the database sees to it."""
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
    facts: Mapped[list[SupplierFact]] = relationship(cascade="all, delete-orphan")


class SupplierFact(Base):
    """Where something said about a supplier comes from, and since when it has been said."""

    __tablename__ = "supplier_fact"

    supplier_id: Mapped[int] = mapped_column(
        sa.ForeignKey("supplier.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[Fact] = mapped_column(primary_key=True)
    source: Mapped[str]
    stated_on: Mapped[date]
