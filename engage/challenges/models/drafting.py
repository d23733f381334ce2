"""What people write before anything is submitted: every saved answer, numbered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.kernel.db import Base


class AnswerEdit(Base):
    """The answers of one question as somebody wrote them, upon the state that they had read.

    Saved edits are numbered from 1; number 0 keeps what stood there before the first. A number is given out
    once: of two people who write upon the same state, the database lets one through. The words of the other
    are put aside, without a number, until they are merged or dropped.
    """

    __tablename__ = "answer_edit"
    __table_args__ = (
        sa.UniqueConstraint("challenge_id", "round", "question", "number"),
        sa.Index(
            "uq_answer_edit_aside",
            "challenge_id",
            "round",
            "question",
            "person_id",
            unique=True,
            postgresql_where=sa.text("number IS NULL"),
        ),
        sa.CheckConstraint("number = 0 OR number = base + 1", name="written_upon_the_one_before"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    round: Mapped[int]
    """0 for the first text, n for the nth revision of what was published."""
    question: Mapped[str]
    """The question by its slug."""
    base: Mapped[int]
    """The number of the state that the writer had read."""
    number: Mapped[int | None]
    """None while the words are put aside."""
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The answers by column, as JSON values."""
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """None for number 0: that is no one's edit."""
    at: Mapped[datetime]

    person: Mapped[Person | None] = relationship()
