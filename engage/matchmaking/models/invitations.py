"""Invitations."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.challenges.models import Challenge
from engage.kernel.db import Base
from engage.matchmaking.enums import InvitationState, Origin
from engage.matchmaking.models.runs import MatchRun
from engage.suppliers.models import Supplier


class Invitation(Base):
    """The offer of a place in the advisory sessions of a challenge. One for each supplier and challenge."""

    __tablename__ = "invitation"
    __table_args__ = (
        sa.UniqueConstraint("challenge_id", "supplier_id"),
        sa.CheckConstraint(
            "state = 'held' OR state = 'withdrawn' OR sent_at IS NOT NULL", name="sent_has_time"
        ),
        sa.CheckConstraint("origin <> 'matched' OR run_id IS NOT NULL", name="matched_has_run"),
        sa.CheckConstraint("state <> 'sent' OR expires_at IS NOT NULL", name="sent_expires"),
        sa.Index("ix_invitation_expiring", "expires_at", postgresql_where=sa.text("state = 'sent'")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("match_run.id"), index=True)
    origin: Mapped[Origin]
    state: Mapped[InvitationState] = mapped_column(default=InvitationState.HELD)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decline_reason: Mapped[str] = mapped_column(default="")
    reconfirm_version: Mapped[int | None]
    """The version of the challenge's text that made an accepted invitation a question again."""
    confirmed_version: Mapped[int | None]
    """The version for which the supplier said last that it keeps its place."""
    confirmed_at: Mapped[datetime | None]

    challenge: Mapped[Challenge] = relationship()
    supplier: Mapped[Supplier] = relationship()
    run: Mapped[MatchRun | None] = relationship()

    @property
    def reopened(self) -> bool:
        """Whether the supplier, who accepted an older text, has not said yet that it keeps its place."""
        return (
            self.state is InvitationState.ACCEPTED
            and self.reconfirm_version is not None
            and (self.confirmed_version or 0) < self.reconfirm_version
        )
