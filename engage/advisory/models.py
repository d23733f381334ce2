"""Tables of advisory sessions. The number of seats taken is guarded by the database itself."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.advisory.enums import OfferState, SeatState, SessionFormat, SessionState, WaitingState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.db import Base
from engage.matchmaking.models import Invitation
from engage.suppliers.models import Supplier


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
            postgresql_where=sa.text("state IN ('offered', 'confirmed')"),
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
    held_until: Mapped[datetime | None]
    """Until when a place offered from the waiting list is kept for the supplier."""
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
