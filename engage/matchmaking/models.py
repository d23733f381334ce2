"""Tables of match runs and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.challenges.models import Challenge
from engage.kernel.db import Base
from engage.matching import Band
from engage.matchmaking.enums import Confidence, InvitationState, Origin, RunState
from engage.suppliers.models import Supplier


class TextVector(Base):
    """The embedding of one text by one model, kept by content: the same text is never embedded twice."""

    __tablename__ = "text_vector"

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    model_digest: Mapped[str] = mapped_column(primary_key=True)
    vector: Mapped[bytes]
    """As ``engage.matching.Features`` dumps it: one signed byte a number."""


class MatchRun(Base):
    """One frozen execution of the matcher for one challenge."""

    __tablename__ = "match_run"
    __table_args__ = (
        sa.Index(
            "uq_match_run_current",
            "challenge_id",
            unique=True,
            postgresql_where=sa.text("state <> 'superseded'"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    state: Mapped[RunState] = mapped_column(default=RunState.FROZEN)
    frozen_at: Mapped[datetime]
    matched_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    """What was matched: the challenge's text hash and each supplier's statements by content hash."""
    snapshot_hash: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    engine_version: Mapped[str]
    embedder: Mapped[str]
    model_digest: Mapped[str]
    suppliers_considered: Mapped[int] = mapped_column(default=0)
    suppliers_excluded: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """How many suppliers each hard rule left out."""

    challenge: Mapped[Challenge] = relationship()
    candidates: Mapped[list[MatchCandidate]] = relationship(
        back_populates="run", order_by="MatchCandidate.rank"
    )


class MatchCandidate(Base):
    """A supplier as ranked by a run, with the reasons shown to people."""

    __tablename__ = "match_candidate"
    __table_args__ = (sa.UniqueConstraint("run_id", "rank"),)

    run_id: Mapped[int] = mapped_column(sa.ForeignKey("match_run.id", ondelete="CASCADE"), primary_key=True)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), primary_key=True)
    rank: Mapped[int]
    score: Mapped[float]
    band: Mapped[Band]
    confidence: Mapped[Confidence]
    statements: Mapped[int]
    """How many different statements the supplier had when it was matched."""
    why: Mapped[str]
    """The main reason in one line."""
    explanation: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    shortlisted: Mapped[bool] = mapped_column(default=False)

    run: Mapped[MatchRun] = relationship(back_populates="candidates")
    supplier: Mapped[Supplier] = relationship()


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

    challenge: Mapped[Challenge] = relationship()
    supplier: Mapped[Supplier] = relationship()
    run: Mapped[MatchRun | None] = relationship()
