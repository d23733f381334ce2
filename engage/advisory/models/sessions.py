"""The table of advisory sessions. The number of seats taken is guarded by the database itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.advisory.enums import SessionFormat, SessionState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.db import Base

if TYPE_CHECKING:
    from engage.advisory.models.seats import Seat

GROUP_LIMIT = 1
"""Of one corporate group one supplier comes to a session, as one is invited, unless the department says otherwise."""


class AdvisorySession(Base):
    """A meeting held before any tender."""

    __tablename__ = "advisory_session"
    __table_args__ = (
        sa.CheckConstraint("places BETWEEN 1 AND 500", name="places_in_range"),
        sa.CheckConstraint("taken BETWEEN 0 AND places", name="never_overbooked"),
        sa.CheckConstraint("reserved BETWEEN 0 AND places", name="reserved_in_range"),
        sa.CheckConstraint("reserved = 0 OR reserved_until IS NOT NULL", name="reserved_until_when"),
        sa.CheckConstraint("held_back BETWEEN 0 AND reserved", name="held_back_is_reserved"),
        sa.CheckConstraint(
            "taken_invited BETWEEN 0 AND LEAST(taken, places - held_back)", name="reserved_is_kept"
        ),
        sa.CheckConstraint("group_limit BETWEEN 1 AND 500", name="group_limit_in_range"),
        sa.CheckConstraint("closes_at <= starts_at", name="closes_before_start"),
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
    zone: Mapped[str] = mapped_column(default="Europe/London")
    """The IANA zone in which it was arranged; the times are moments, whatever the zone."""
    places: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    taken_invited: Mapped[int] = mapped_column(default=0)
    """How many of those taken are invited suppliers’, not volunteers’."""
    reserved: Mapped[int] = mapped_column(default=0)
    """How many places were announced to be for volunteers first."""
    reserved_until: Mapped[datetime | None]
    """When those are for everybody."""
    held_back: Mapped[int] = mapped_column(default=0)
    """How many places invited suppliers cannot take now: ``reserved``, and 0 once they are for everybody."""
    closes_at: Mapped[datetime | None]
    """Until when places can be taken; until it begins when not said."""
    group_limit: Mapped[int | None] = mapped_column(default=GROUP_LIMIT)
    """At most so many suppliers of one corporate group; any number when not said."""
    sequence: Mapped[int] = mapped_column(default=0)
    """The SEQUENCE of its calendar entry: goes up with each change."""
    cancel_reason: Mapped[str] = mapped_column(default="")
    move_reason: Mapped[str] = mapped_column(default="")
    """Why it was moved last; empty when it never was."""
    facilitator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    challenge: Mapped[Challenge] = relationship()
    facilitator: Mapped[Person | None] = relationship()
    seats: Mapped[list[Seat]] = relationship(back_populates="session", order_by="Seat.id")

    @property
    def free(self) -> int:
        """How many places are left, those kept for volunteers included."""
        return self.places - self.taken

    @property
    def free_for_invited(self) -> int:
        """How many of the places left an invited supplier can take now."""
        return max(min(self.free, self.places - self.held_back - self.taken_invited), 0)

    @property
    def open_until(self) -> datetime:
        """Until when places can be taken."""
        return self.starts_at if self.closes_at is None else self.closes_at

    @property
    def takes_places(self) -> bool:
        """Whether places can be taken now, as far as time and state go."""
        return self.state is SessionState.SCHEDULED and self.open_until > clock.now()
