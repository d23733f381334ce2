"""The table of personal calendar addresses."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.kernel.db import Base


class CalendarFeed(Base):
    """A person's secret calendar address: one at a time. The row finds it; what makes it secret is not stored."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    handle: Mapped[str] = mapped_column(unique=True)
    """The first part of the address. The second is a signature of it by the site's key."""
    made_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
