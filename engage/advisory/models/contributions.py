"""The table of answers in writing."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.challenges.models import Challenge
from engage.kernel.db import Base
from engage.suppliers.models import Supplier


class Answered(TypedDict):
    """A question as it was asked, and what the supplier wrote."""

    question: str
    answer: str


class Contribution(Base):
    """A supplier's answers in writing to the questions of a challenge: the equal way in, beside every session."""

    __tablename__ = "contribution"
    __table_args__ = (
        sa.Index(
            "uq_contribution_live",
            "challenge_id",
            "supplier_id",
            unique=True,
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        ),
        sa.CheckConstraint("jsonb_array_length(answers) > 0", name="has_answers"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    """Who sent it, or changed it last."""
    answers: Mapped[list[Answered]] = mapped_column(JSONB)
    """With the questions in the words that were asked, which stay when the text of the challenge changes."""
    sent_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    challenge: Mapped[Challenge] = relationship()
    supplier: Mapped[Supplier] = relationship()
    person: Mapped[Person] = relationship()
