"""Invitations."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.db import Base
from engage.matchmaking.enums import InvitationState, Origin
from engage.matchmaking.models.runs import MatchRun
from engage.suppliers.models import Supplier

DAYS_TO_ANSWER = 14
ENDED = (InvitationState.DECLINED, InvitationState.EXPIRED, InvitationState.WITHDRAWN)


class Wave(Base):
    """Invitations that one named person let go out, and the alternates that follow in that person's name."""

    __tablename__ = "invitation_wave"
    __table_args__ = (
        sa.UniqueConstraint("challenge_id", "number"),
        sa.CheckConstraint("days_to_answer BETWEEN 1 AND 60", name="days_in_range"),
        sa.CheckConstraint("alternates_follow OR followed_by_id IS NULL", name="follow_in_a_name"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("match_run.id"), index=True)
    number: Mapped[int]
    """From 1, for the challenge."""
    released_at: Mapped[datetime]
    released_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    days_to_answer: Mapped[int] = mapped_column(default=DAYS_TO_ANSWER)
    """How long a supplier has to answer, the challenge's last day at the latest."""
    alternates_follow: Mapped[bool] = mapped_column(default=True)
    """Whether the next in line is invited by itself; else it is drawn and held until somebody releases it."""
    followed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """In whose name they follow: who said so, at the release or later. Nobody while they wait."""

    released_by: Mapped[Person | None] = relationship(foreign_keys=released_by_id)
    followed_by: Mapped[Person | None] = relationship(foreign_keys=followed_by_id)


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
    corporate_group: Mapped[str] = mapped_column(default="")
    """The supplier's corporate group when matched or invited, folded: a profile changed later evades no limit."""
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decline_reason: Mapped[str] = mapped_column(default="")
    wave_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invitation_wave.id"), index=True)
    """The wave in which it went out; none for volunteers, and while an alternate waits for somebody to release it."""
    drawn_at: Mapped[datetime | None]
    """When it was drawn as the next in line; none for who was in the plan itself."""
    instead_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invitation.id"), unique=True)
    """The invitation whose place it took: each place that becomes free is given once."""
    reconfirm_version: Mapped[int | None]
    """The version of the challenge's text that made an accepted invitation a question again."""
    confirmed_version: Mapped[int | None]
    """The version for which the supplier said last that it keeps its place."""
    confirmed_at: Mapped[datetime | None]

    challenge: Mapped[Challenge] = relationship()
    supplier: Mapped[Supplier] = relationship()
    run: Mapped[MatchRun | None] = relationship()
    wave: Mapped[Wave | None] = relationship()
    instead_of: Mapped[Invitation | None] = relationship(remote_side="Invitation.id")

    @property
    def waits_for_release(self) -> bool:
        """Whether it is an alternate that was drawn and that nobody has let go out."""
        return self.state is InvitationState.HELD and self.drawn_at is not None and self.wave_id is None

    @property
    def has_ended(self) -> bool:
        """Whether it can be neither answered nor used any more, also when no job has closed it yet."""
        late = (
            self.state is InvitationState.SENT
            and self.expires_at is not None
            and self.expires_at <= clock.now()
        )
        return late or self.state in ENDED

    @property
    def reopened(self) -> bool:
        """Whether the supplier, who accepted an older text, has not said yet that it keeps its place."""
        return (
            self.state is InvitationState.ACCEPTED
            and self.reconfirm_version is not None
            and (self.confirmed_version or 0) < self.reconfirm_version
        )
