"""The table of offers to help."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.advisory.enums import OfferState
from engage.challenges.models import Challenge
from engage.kernel.db import Base
from engage.suppliers.models import Supplier


class VolunteerOffer(Base):
    """A supplier's offer to help with a challenge, with a short pitch. The open door beside invitations."""

    __tablename__ = "volunteer_offer"
    __table_args__ = (
        sa.Index(
            "uq_volunteer_offer_live",
            "challenge_id",
            "supplier_id",
            unique=True,
            postgresql_where=sa.text("state <> 'withdrawn'"),
        ),
        sa.CheckConstraint("state <> 'declined' OR answer <> ''", name="declined_has_reason"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    pitch: Mapped[str]
    state: Mapped[OfferState] = mapped_column(default=OfferState.MADE)
    answer: Mapped[str] = mapped_column(default="")
    """The department's reason for declining."""
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    challenge: Mapped[Challenge] = relationship()
    supplier: Mapped[Supplier] = relationship()
    person: Mapped[Person] = relationship()
