"""Tables of subscriptions: what people asked to be told and when, and what they arranged for all of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.challenges.enums import Listed
from engage.challenges.models import Challenge
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.kernel.db import Base

if TYPE_CHECKING:
    from engage.digests.models.issues import DigestIssue


class Subscription(Base):
    """A standing request for news, with or without an account."""

    __tablename__ = "subscription"
    __table_args__ = (
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_in_range"),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name="hour_in_range"),
        sa.CheckConstraint("state <> 'active' OR confirmed_at IS NOT NULL", name="active_is_confirmed"),
        sa.Index(
            "uq_subscription_live",
            sa.text("lower(email)"),
            "topic",
            "value",
            "stage",
            sa.text("coalesce(department_id, 0)"),
            unique=True,
            postgresql_where=sa.text("state <> 'ended'"),
        ),
        sa.Index("ix_subscription_email", sa.text("lower(email)")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    email: Mapped[str]
    """Empty once it has been forgotten: some time after the end."""
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    topic: Mapped[Topic]
    value: Mapped[str] = mapped_column(default="")
    """The department's organisation id, the capability's slug, a CPV code, a region's code or the words searched for;
    empty for everything."""
    department_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    """Of a search: only in what this department publishes."""
    stage: Mapped[Listed] = mapped_column(default=Listed.OPEN, server_default=Listed.OPEN.value)
    """At which stage of a challenge it tells; ``ALL``: at each."""
    cadence: Mapped[Cadence] = mapped_column(default=Cadence.WEEKLY)
    weekday: Mapped[int] = mapped_column(sa.SmallInteger, default=1)
    """0 is Monday; Tuesday unless chosen. Only for weekly."""
    hour: Mapped[int] = mapped_column(sa.SmallInteger, default=8)
    """UK time. Not for immediate."""
    state: Mapped[SubscriptionState] = mapped_column(default=SubscriptionState.PENDING)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    covered_until: Mapped[datetime | None]
    """The end of the last window that was told; the next one begins here."""

    issues: Mapped[list[DigestIssue]] = relationship(
        back_populates="subscription", order_by="DigestIssue.window_end"
    )


class Pause(Base):
    """A holiday: from the first to the last day, UK time, an address gets nothing from any of its subscriptions."""

    __tablename__ = "subscription_pause"
    __table_args__ = (sa.CheckConstraint("until_on >= from_on", name="has_length"),)

    email: Mapped[str] = mapped_column(primary_key=True)
    """In lower case."""
    from_on: Mapped[date]
    until_on: Mapped[date]
    created_at: Mapped[datetime]


class Mute(Base):
    """A challenge of which an address wants to hear no more from its subscriptions."""

    __tablename__ = "subscription_mute"

    email: Mapped[str] = mapped_column(primary_key=True)
    """In lower case."""
    challenge_id: Mapped[int] = mapped_column(
        sa.ForeignKey(Challenge.id), primary_key=True, autoincrement=False
    )
    created_at: Mapped[datetime]
