"""Tables of one-to-one talks: the terms, the same for all, and who asked."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.advisory.enums import AskState
from engage.challenges.models import Challenge
from engage.kernel.db import Base
from engage.suppliers.models import Supplier


class OneToOneTerms(Base):
    """On what terms a challenge offers one-to-one talks to everyone: one length, one set of questions, one last day."""

    __tablename__ = "one_to_one_terms"
    __table_args__ = (
        sa.CheckConstraint("minutes BETWEEN 10 AND 120", name="minutes_in_range"),
        sa.CheckConstraint("questions <> ''", name="questions_given"),
        sa.CheckConstraint("offered_at IS NULL OR offered_at >= ask_until", name="offered_to_all_at_once"),
    )

    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), primary_key=True)
    minutes: Mapped[int]
    """How long each talk is."""
    questions: Mapped[str]
    """What every supplier is asked, one line for each question."""
    ask_until: Mapped[datetime]
    """Until when any verified supplier can ask for a talk."""
    set_at: Mapped[datetime]
    set_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    offered_at: Mapped[datetime | None]
    """When everybody who had asked was offered a talk, all at once."""

    challenge: Mapped[Challenge] = relationship()


class OneToOneAsk(Base):
    """A supplier that asks for a one-to-one talk. One for each supplier and challenge, unless it was taken back."""

    __tablename__ = "one_to_one_ask"
    __table_args__ = (
        sa.Index(
            "uq_one_to_one_ask_live",
            "challenge_id",
            "supplier_id",
            unique=True,
            postgresql_where=sa.text("state <> 'withdrawn'"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    state: Mapped[AskState] = mapped_column(default=AskState.ASKED)
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    challenge: Mapped[Challenge] = relationship()
    supplier: Mapped[Supplier] = relationship()
    person: Mapped[Person] = relationship()
