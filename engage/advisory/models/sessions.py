"""The table of advisory sessions. The number of seats taken is guarded by the database itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.advisory.enums import SessionFormat, SessionState
from engage.challenges.models import Challenge
from engage.kernel.db import Base

if TYPE_CHECKING:
    from engage.advisory.models.seats import Seat


class AdvisorySession(Base):
    """A meeting held before any tender."""

    __tablename__ = "advisory_session"
    __table_args__ = (
        sa.CheckConstraint("places BETWEEN 1 AND 500", name="places_in_range"),
        sa.CheckConstraint("taken BETWEEN 0 AND places", name="never_overbooked"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        sa.CheckConstraint("state <> 'cancelled' OR cancel_reason <> ''", name="cancelled_has_reason"),
        sa.CheckConstraint("minutes_published_at IS NULL OR minutes <> ''", name="published_has_minutes"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    title: Mapped[str]
    format: Mapped[SessionFormat]
    state: Mapped[SessionState] = mapped_column(default=SessionState.SCHEDULED)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(default="")
    """Shown to everyone, for instance “Online” or a town."""
    joining_details: Mapped[str] = mapped_column(default="")
    """Shown only to people with a confirmed seat."""
    agenda: Mapped[str] = mapped_column(default="")
    minutes: Mapped[str] = mapped_column(default="")
    minutes_published_at: Mapped[datetime | None]
    places: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)
    """The SEQUENCE of its calendar entry: goes up with each change."""
    cancel_reason: Mapped[str] = mapped_column(default="")
    facilitator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    challenge: Mapped[Challenge] = relationship()
    facilitator: Mapped[Person | None] = relationship()
    seats: Mapped[list[Seat]] = relationship(back_populates="session", order_by="Seat.id")

    @property
    def free(self) -> int:
        """How many places are left."""
        return self.places - self.taken
