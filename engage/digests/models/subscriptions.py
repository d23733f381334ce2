"""Tables of subscriptions: what people asked to be told, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

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
            unique=True,
            postgresql_where=sa.text("state <> 'ended'"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    email: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    topic: Mapped[Topic]
    value: Mapped[str] = mapped_column(default="")
    """The department's organisation id or the words searched for; empty for everything."""
    cadence: Mapped[Cadence] = mapped_column(default=Cadence.WEEKLY)
    weekday: Mapped[int] = mapped_column(sa.SmallInteger, default=1)
    """0 is Monday; Tuesday unless chosen. Only for weekly."""
    hour: Mapped[int] = mapped_column(sa.SmallInteger, default=8)
    """UK time."""
    state: Mapped[SubscriptionState] = mapped_column(default=SubscriptionState.PENDING)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    covered_until: Mapped[datetime | None]
    """The end of the last window that was told; the next one begins here."""

    issues: Mapped[list[DigestIssue]] = relationship(
        back_populates="subscription", order_by="DigestIssue.window_end"
    )
