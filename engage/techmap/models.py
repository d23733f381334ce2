"""Tables of the techmap: drawings, the places of suppliers, and the clusters these form."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from engage.kernel.db import Base
from engage.suppliers.models import Supplier
from engage.techmap.enums import DrawingState


class Landscape(Base):
    """One drawing of the map. What it says of suppliers is only where they stand; who is shown is asked each time."""

    __tablename__ = "landscape"
    __table_args__ = (
        sa.CheckConstraint("state <> 'ready' OR drawn_at IS NOT NULL", name="ready_is_drawn"),
        sa.Index("ix_landscape_drawn_at", "drawn_at", postgresql_where=sa.text("state = 'ready'")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    state: Mapped[DrawingState] = mapped_column(default=DrawingState.DRAWING)
    begun_at: Mapped[datetime]
    told_at: Mapped[datetime]
    """When its worker last said how far it is."""
    drawn_at: Mapped[datetime | None]
    step: Mapped[str] = mapped_column(default="")
    """What is being done, in words."""
    done: Mapped[int] = mapped_column(default=0)
    todo: Mapped[int] = mapped_column(default=0)
    edition: Mapped[int]
    """Of the method: ``engage.matching.landscape.LANDSCAPE_EDITION``."""
    embedder: Mapped[str]
    model_digest: Mapped[str]
    based_on_id: Mapped[int | None] = mapped_column(sa.ForeignKey("landscape.id", ondelete="SET NULL"))
    """The drawing whose places it kept; none when everybody was placed anew."""
    suppliers: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    """How many suppliers stand exactly where they stood before."""
    trustworthiness: Mapped[float | None]
    """How far neighbours in the picture are neighbours in meaning, 0 to 1 (Venna and Kaski); none for few suppliers."""
    neighbours: Mapped[int] = mapped_column(default=0)
    """How many neighbours of each supplier were looked at for that."""
    sampled: Mapped[int] = mapped_column(default=0)
    """For how many suppliers it was measured."""
    seconds: Mapped[float] = mapped_column(default=0.0)


class LandscapeCluster(Base):
    """Suppliers that stand together, named by their own words."""

    __tablename__ = "landscape_cluster"

    landscape_id: Mapped[int] = mapped_column(
        sa.ForeignKey(Landscape.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1; the same as in the drawing before where most of its suppliers are the same."""
    terms: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    x: Mapped[float]
    y: Mapped[float]
    suppliers: Mapped[int]


class LandscapePoint(Base):
    """Where a supplier stands: x from 0 to 1,250 and y from 0 to 1,000."""

    __tablename__ = "landscape_point"

    landscape_id: Mapped[int] = mapped_column(
        sa.ForeignKey(Landscape.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    supplier_id: Mapped[int] = mapped_column(
        sa.BigInteger,
        sa.ForeignKey(Supplier.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    x: Mapped[float] = mapped_column(sa.REAL)
    y: Mapped[float] = mapped_column(sa.REAL)
    cluster: Mapped[int]
    fingerprint: Mapped[int] = mapped_column(sa.BigInteger)
    """Of the meaning it was placed by: who says something else since is placed anew."""
