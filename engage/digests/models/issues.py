"""Tables of digests: what was told to whom, in which window."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.kernel.db import Base

if TYPE_CHECKING:
    from engage.digests.models.subscriptions import Subscription


class DigestIssue(Base):
    """One digest of one subscription: the window it covers and what it told. Windows touch and never overlap."""

    __tablename__ = "digest_issue"
    __table_args__ = (
        sa.UniqueConstraint("subscription_id", "window_start"),
        sa.CheckConstraint("window_end > window_start", name="window_has_length"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(sa.ForeignKey("subscription.id"))
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    challenge_ids: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger))
    letter_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """None when there was nothing to say."""
    created_at: Mapped[datetime]

    subscription: Mapped[Subscription] = relationship(back_populates="issues")
