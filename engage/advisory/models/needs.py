"""The table of what people need to be able to take part. It is about health: it never leaves this table."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.advisory.enums import NeedState
from engage.advisory.models.sessions import AdvisorySession
from engage.kernel.db import Base
from engage.suppliers.models import Supplier


class AccessNeed(Base):
    """One thing that somebody needs to be able to take part in a session, and what was arranged.

    Read by who asked and by the people who run the session. Deleted some time after the session: see
    ``service.needs``.
    """

    __tablename__ = "access_need"
    __table_args__ = (
        sa.Index("ix_access_need_session_id_person_id", "session_id", "person_id"),
        sa.CheckConstraint("btrim(text) <> ''", name="says_what"),
        sa.CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered_at_some_time"),
        sa.CheckConstraint("state <> 'not_possible' OR btrim(answer) <> ''", name="says_what_instead"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("advisory_session.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    """For whom the person attends."""
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    text: Mapped[str]
    state: Mapped[NeedState] = mapped_column(default=NeedState.ASKED)
    answer: Mapped[str] = mapped_column(default="")
    """What was arranged, or what is done instead."""
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """Who sees to it; empty: whoever runs the session."""
    asked_at: Mapped[datetime]
    """When it was asked, or last said in other words."""
    answered_at: Mapped[datetime | None]

    session: Mapped[AdvisorySession] = relationship()
    supplier: Mapped[Supplier] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=person_id)
    owner: Mapped[Person | None] = relationship(foreign_keys=owner_id)
