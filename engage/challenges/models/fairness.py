"""Changes of route, the steps that keep an engagement fair, and reasons for treating suppliers differently."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.challenges.enums import ChallengeState, Route
from engage.challenges.enums.routes import RouteChangeState
from engage.challenges.models.challenge import Challenge
from engage.kernel.db import Base


class RouteChange(Base):
    """A change of the legal route after the text was approved: proposed by one person, made by another."""

    __tablename__ = "route_change"
    __table_args__ = (
        sa.CheckConstraint("reason <> ''", name="has_reason"),
        sa.CheckConstraint("decided_by_id <> proposed_by_id", name="two_people"),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided_has_time"),
        sa.CheckConstraint("state = 'proposed' OR decided_by_id IS NOT NULL", name="decided_has_person"),
        sa.CheckConstraint("state <> 'declined' OR answer <> ''", name="declined_has_reason"),
        sa.CheckConstraint(
            "to_route <> 'preliminary_market_engagement' OR cardinality(purposes) > 0", name="has_purpose"
        ),
        sa.Index(
            "uq_route_change_open",
            "challenge_id",
            unique=True,
            postgresql_where=sa.text("state = 'proposed'"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    to_route: Mapped[Route]
    purposes: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """Of s.16(1); empty for a policy exploration."""
    reason: Mapped[str]
    """Told to everyone once the challenge is public again."""
    state: Mapped[RouteChangeState] = mapped_column(default=RouteChangeState.PROPOSED)
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")
    """Why it was declined."""
    who_knew: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """What had been disclosed when the change was made: fact, summary, audiences, since when, and since when to all."""
    resume: Mapped[ChallengeState | None]
    """Where a public challenge stood, and goes back to once its notice is recorded and it is published again."""
    told_at: Mapped[datetime | None]
    """When everyone could read of it."""

    challenge: Mapped[Challenge] = relationship()
    proposed_by: Mapped[Person] = relationship(foreign_keys=proposed_by_id)
    decided_by: Mapped[Person | None] = relationship(foreign_keys=decided_by_id)

    @property
    def key(self) -> str:
        """How the ledger calls it."""
        return f"route:{self.id}"


class EngagementStep(Base):
    """Something done so that nobody who takes part has an unfair advantage (Procurement Act 2023, s.16(3))."""

    __tablename__ = "engagement_step"
    __table_args__ = (sa.CheckConstraint("text <> ''", name="says_something"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    text: Mapped[str]
    taken_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    recorded_by: Mapped[Person] = relationship()


class Justification(Base):
    """Why some knew certain facts and others did not, and what was done about it (Procurement Act 2023, s.12(3))."""

    __tablename__ = "justification"
    __table_args__ = (
        sa.CheckConstraint("cardinality(facts) > 0", name="names_facts"),
        sa.CheckConstraint("difference <> '' AND steps <> ''", name="says_why_and_what"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    facts: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    """The facts it speaks of, as the ledger calls them; one told afterwards is not covered."""
    difference: Mapped[str]
    """Which difference between suppliers justified it."""
    steps: Mapped[str]
    """What was done so that it put nobody at an unfair advantage or disadvantage."""
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]

    by: Mapped[Person] = relationship()
