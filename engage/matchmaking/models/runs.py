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
from engage.matchmaking.enums import Confidence, Outcome, RunState
from engage.matchmaking.models.selection import LotteryCommitment, SelectionRound, SelectionRules
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
    pool_hash: Mapped[str | None]
    """Of the frozen pool: who took part with what, and which rule left the others out."""
    lexicon_id: Mapped[str | None]
    background_id: Mapped[str | None]
    list_hash: Mapped[str | None]
    """SHA-256 of the ranked list in canonical form: what a replay must come to."""
    rules_id: Mapped[int | None] = mapped_column(sa.ForeignKey("selection_rules.id"))
    """The rules by which the places were planned last."""
    commitment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lottery_commitment.id"))
    round_id: Mapped[int | None] = mapped_column(sa.ForeignKey("selection_round.id"), index=True)
    """The plan that holds: the last one before the release."""
    suppliers_considered: Mapped[int] = mapped_column(default=0)
    suppliers_excluded: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """How many suppliers each hard rule left out."""

    challenge: Mapped[Challenge] = relationship()
    rules: Mapped[SelectionRules | None] = relationship()
    commitment: Mapped[LotteryCommitment | None] = relationship()
    round: Mapped[SelectionRound | None] = relationship()
    candidates: Mapped[list[MatchCandidate]] = relationship(
        back_populates="run", order_by="MatchCandidate.rank"
    )


class MatchCandidate(Base):
    """A supplier as ranked by a run, with the reasons shown to people."""

    __tablename__ = "match_candidate"
    __table_args__ = (
        sa.UniqueConstraint("run_id", "rank"),
        sa.UniqueConstraint("run_id", "alternate_rank"),
        sa.CheckConstraint(
            "(outcome = 'alternate') = (alternate_rank IS NOT NULL)", name="alternates_are_ordered"
        ),
    )

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
    tags: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """What the rules can ask for, as it was at the match: see ``service.tags``."""
    corporate_group: Mapped[str] = mapped_column(default="")
    """The group at the match, folded: two with the same one are one for the rules."""
    outcome: Mapped[Outcome] = mapped_column(default=Outcome.NOT_CHOSEN)
    alternate_rank: Mapped[int | None]
    decided_by: Mapped[str] = mapped_column(default="")
    """What decided, for the department: a reason of the plan, or one of ``service.deciding``."""
    probability: Mapped[float | None]
    """With what probability the draw came out like this, where one was held."""

    run: Mapped[MatchRun] = relationship(back_populates="candidates")
    supplier: Mapped[Supplier] = relationship()
