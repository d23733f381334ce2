"""What the platform's team is asked to look at: requests to delete, and suppliers that only look alike."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.kernel.db import Base
from engage.suppliers.enums import RequestState
from engage.suppliers.models.profiles import Supplier


class DeletionRequest(Base):
    """A supplier asks that its data be deleted."""

    __tablename__ = "deletion_request"
    __table_args__ = (
        sa.Index(
            "uq_deletion_request_open",
            "supplier_id",
            unique=True,
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(default="")
    state: Mapped[RequestState] = mapped_column(default=RequestState.OPEN)
    answer: Mapped[str | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    supplier: Mapped[Supplier] = relationship()
    person: Mapped[Person] = relationship()


class KeptApart(Base):
    """Two suppliers that look alike and are not the same, as somebody found who looked."""

    __tablename__ = "kept_apart"
    __table_args__ = (sa.CheckConstraint("one_id < other_id", name="each_pair_once"),)

    one_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id", ondelete="CASCADE"), primary_key=True)
    because: Mapped[str]
    at: Mapped[datetime]
