"""The question table."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.challenges.models import Challenge
from engage.consultation.enums import QuestionState
from engage.kernel.db import Base
from engage.suppliers.models import Supplier


class Question(Base):
    """A clarification question. Who asked is never shown; the answer goes to everyone."""

    __tablename__ = "question"
    __table_args__ = (
        sa.CheckConstraint("(state = 'answered') = (answered_at IS NOT NULL)", name="answered_has_time"),
        sa.CheckConstraint(
            "state <> 'answered' OR (answer <> '' AND published_text <> '')", name="answered_has_answer"
        ),
        sa.CheckConstraint("state <> 'rejected' OR rejection_reason <> ''", name="rejected_has_reason"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    text: Mapped[str]
    published_text: Mapped[str] = mapped_column(default="")
    """The question as published, with anything that names the asker taken out."""
    state: Mapped[QuestionState] = mapped_column(default=QuestionState.ASKED)
    answer: Mapped[str] = mapped_column(default="")
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    rejection_reason: Mapped[str] = mapped_column(default="")

    challenge: Mapped[Challenge] = relationship()
    supplier: Mapped[Supplier] = relationship()
    asked_by: Mapped[Person] = relationship(foreign_keys=asked_by_id)
