"""The table of sessions that are being prepared: another one, so that nothing that lists sessions finds a draft."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.advisory.enums import SessionFormat
from engage.challenges.models import Challenge
from engage.kernel.db import Base


class SessionDraft(Base):
    """What a department means to say about a session, until it publishes it. Columns as in ``AdvisorySession``.

    Its times may have passed: whether it can be published is asked when it is.
    """

    __tablename__ = "session_draft"
    __table_args__ = (
        sa.CheckConstraint("places BETWEEN 1 AND 500", name="places_in_range"),
        sa.CheckConstraint("reserved BETWEEN 0 AND places", name="reserved_in_range"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    """The reference that the session will have."""
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    title: Mapped[str]
    format: Mapped[SessionFormat]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str]
    place: Mapped[str]
    joining_details: Mapped[str]
    agenda: Mapped[str]
    places: Mapped[int]
    reserved: Mapped[int]
    reserved_until: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    group_limit: Mapped[int | None]
    facilitator_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    revision: Mapped[int] = mapped_column(default=1)
    """Goes up with each change, so that nobody publishes what they have not read."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    challenge: Mapped[Challenge] = relationship()
    facilitator: Mapped[Person | None] = relationship()
