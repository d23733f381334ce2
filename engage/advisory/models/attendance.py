"""The table of who was there."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Organisation, Person
from engage.advisory.enums import Part
from engage.advisory.models.seats import Seat
from engage.advisory.models.sessions import AdvisorySession
from engage.kernel.db import Base


class Attendance(Base):
    """Somebody who was in a session: of a supplier, on a seat, or of the department."""

    __tablename__ = "attendance"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "person_id"),
        sa.CheckConstraint("left_at > joined_at", name="left_after_joining"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("advisory_session.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    """For whom they were there."""
    seat_id: Mapped[int | None] = mapped_column(sa.ForeignKey("seat.id"), unique=True)
    """The place of a supplier; empty for people of the department."""
    part: Mapped[Part]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """Empty for what was recorded before names of recorders were kept."""
    recorded_at: Mapped[datetime]

    session: Mapped[AdvisorySession] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=person_id)
    organisation: Mapped[Organisation] = relationship()
    seat: Mapped[Seat | None] = relationship()
