"""The tables of what attendees and facilitators say of a session: five numbers each, and no words."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.advisory.enums import Side
from engage.advisory.models.sessions import AdvisorySession
from engage.kernel.db import Base

QUESTIONS = 5
SCALE = 5


class FeedbackRound(Base):
    """The time in which people say how a session was. Nothing is shown before it is over."""

    __tablename__ = "feedback_round"
    __table_args__ = (sa.CheckConstraint("closes_at > opened_at", name="closes_after_opening"),)

    session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("advisory_session.id"), primary_key=True, autoincrement=False
    )
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime] = mapped_column(index=True)

    session: Mapped[AdvisorySession] = relationship()


class FeedbackAnswer(Base):
    """What one person says of one session; theirs to change until the round is over, and nobody's after that."""

    __tablename__ = "feedback_answer"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "side", "person_id"),
        sa.CheckConstraint(
            f"cardinality(answers) = {QUESTIONS} AND 1 <= ALL (answers) AND {SCALE} >= ALL (answers)",
            name="five_numbers",
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback_round.session_id"))
    side: Mapped[Side]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    """Whose answer it is; taken out when the round is over."""
    answers: Mapped[list[int]] = mapped_column(postgresql.ARRAY(sa.SmallInteger))
    """From 1 (not at all) to 5 (fully), in the order of the questions."""
