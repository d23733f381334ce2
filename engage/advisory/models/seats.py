"""Tables of places: seats, and turns on a waiting list."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.advisory.enums import SeatState, WaitingState
from engage.advisory.models.sessions import AdvisorySession
from engage.kernel import clock
from engage.kernel.db import Base
from engage.matchmaking.models import Invitation
from engage.suppliers.models import Supplier


class Seat(Base):
    """A place taken by a supplier.

    At most one live seat for each supplier and session, and one place to come for each invitation.
    """

    __tablename__ = "seat"
    __table_args__ = (
        sa.Index(
            "uq_seat_live",
            "session_id",
            "supplier_id",
            unique=True,
            postgresql_where=sa.text("state <> 'released'"),
        ),
        sa.Index(
            "uq_seat_to_come",
            "invitation_id",
            unique=True,
            postgresql_where=sa.text("state IN ('offered', 'confirmed') AND NOT over"),
        ),
        sa.CheckConstraint("state <> 'offered' OR held_until IS NOT NULL", name="offered_until"),
        sa.Index("ix_seat_held_until", "held_until", postgresql_where=sa.text("state = 'offered'")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("advisory_session.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("invitation.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    """Who attends."""
    state: Mapped[SeatState] = mapped_column(default=SeatState.CONFIRMED)
    volunteered: Mapped[bool] = mapped_column(default=False)
    """Whether the supplier had offered help; places can be kept for those who did."""
    corporate_group: Mapped[str] = mapped_column(default="")
    """The supplier's corporate group when the place was taken, folded; empty when it has none."""
    held_until: Mapped[datetime | None]
    """Until when a place offered from the waiting list is kept for the supplier."""
    over: Mapped[bool] = mapped_column(default=False)
    """Whether the session was over, and nobody had recorded who came, when the supplier took a place in another."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    session: Mapped[AdvisorySession] = relationship(back_populates="seats")
    supplier: Mapped[Supplier] = relationship()
    invitation: Mapped[Invitation] = relationship()
    person: Mapped[Person] = relationship()

    @property
    def lapsed(self) -> bool:
        """Whether a place that was kept was not taken in time."""
        return (
            self.state is SeatState.OFFERED and self.held_until is not None and self.held_until <= clock.now()
        )


class WaitingPlace(Base):
    """A supplier's turn on the waiting list of a session, in the order of ``id``; one for each invitation.

    Rows are written under the lock of the session's row, so the order is that of arrival.
    """

    __tablename__ = "waiting_place"
    __table_args__ = (
        sa.Index(
            "uq_waiting_place_live",
            "invitation_id",
            unique=True,
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index("ix_waiting_place_line", "session_id", "id", postgresql_where=sa.text("state = 'waiting'")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("advisory_session.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    invitation_id: Mapped[int] = mapped_column(sa.ForeignKey("invitation.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    """Who would attend."""
    state: Mapped[WaitingState] = mapped_column(default=WaitingState.WAITING)
    joined_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    session: Mapped[AdvisorySession] = relationship()
    supplier: Mapped[Supplier] = relationship()
    invitation: Mapped[Invitation] = relationship()
    person: Mapped[Person] = relationship()
