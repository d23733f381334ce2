"""The taxonomy of capabilities: areas and, below them, capabilities."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.kernel.db import Base


class Capability(Base):
    """A named area of expertise: one without parent is an area, one with a parent a capability that claims name."""

    __tablename__ = "capability"
    __table_args__ = (
        sa.CheckConstraint("merged_into_id IS NULL OR retired_at IS NOT NULL", name="merged_is_retired"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    """Its name in addresses and files; never changes, whatever becomes of the name people read."""
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("capability.id"), index=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    synonyms: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    cpv: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """The first digits of CPV codes, two to eight: "722" stands for every code that begins so."""
    skills: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """Skills of the Government Digital and Data Profession Capability Framework that it needs."""
    version: Mapped[int]
    """The version of the taxonomy that last changed it."""
    renamed_here: Mapped[bool] = mapped_column(default=False)
    """The platform's team gave it its name: a newer file leaves it."""
    retired_at: Mapped[datetime | None]
    """From then on no claim can name it anew; those that do stay as they are."""
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("capability.id"))
    """Where its claims went."""
    created_at: Mapped[datetime]

    parent: Mapped[Capability | None] = relationship(
        remote_side="Capability.id", foreign_keys=[parent_id], back_populates="children"
    )
    children: Mapped[list[Capability]] = relationship(
        foreign_keys=[parent_id], back_populates="parent", order_by="Capability.name"
    )
    merged_into: Mapped[Capability | None] = relationship(
        remote_side="Capability.id", foreign_keys=[merged_into_id]
    )


class TaxonomyVersion(Base):
    """A change of the taxonomy: an edition from a file, or something the platform's team did."""

    __tablename__ = "taxonomy_version"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    edition: Mapped[str | None]
    """The edition of the file, if it came from one."""
    what: Mapped[str]
    at: Mapped[datetime]
