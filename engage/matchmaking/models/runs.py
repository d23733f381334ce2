"""Match runs and the suppliers they ranked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.challenges.models import Challenge
from engage.kernel.db import Base
from engage.matching import Band
from engage.matchmaking.enums import Confidence, RunState
from engage.suppliers.models import Supplier


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
