"""How places are given: rules, the lottery's commitment, rounds, overrides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.kernel.db import Base
from engage.matchmaking.enums import OverrideKind, RoundStatus
from engage.suppliers.models import Supplier

PLACES = 12
EXPLORATION = 0.1


class SelectionRules(Base):
    """The rules by which the places of a challenge are given. Never edited: a change is the next version."""

    __tablename__ = "selection_rules"
    __table_args__ = (
        sa.UniqueConstraint("challenge_id", "number"),
        sa.CheckConstraint("places BETWEEN 1 AND 50", name="places_in_range"),
        sa.CheckConstraint("exploration BETWEEN 0 AND 0.5", name="exploration_in_range"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    number: Mapped[int]
    places: Mapped[int] = mapped_column(default=PLACES)
    floors: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    """At least so many with a tag: ``sme``, ``vcse``, ``new_entrant``, ``region:TLC``."""
    caps: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    """At most so many with a tag: ``incumbent``."""
    exploration: Mapped[float] = mapped_column(default=EXPLORATION)
    """The share of the places that is drawn among qualified newcomers."""
    reason: Mapped[str] = mapped_column(default="")
    after_match: Mapped[bool] = mapped_column(default=False)
    """Whether somebody could have seen a match of the challenge before these rules were made."""
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """Nobody for the rules that hold until somebody sets others."""


class LotteryCommitment(Base):
    """A secret drawn before a match, and its hash, which is public at once: nobody can choose the draw.

    It is told when the match is released; the next match of the challenge has the next commitment.
    """

    __tablename__ = "lottery_commitment"
    __table_args__ = (
        sa.UniqueConstraint("challenge_id", "number"),
        sa.CheckConstraint(
            "commitment = encode(sha256(secret), 'hex')", name="commitment_is_the_hash_of_the_secret"
        ),
        sa.Index(
            "uq_lottery_commitment_standing",
            "challenge_id",
            unique=True,
            postgresql_where=sa.text("revealed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    number: Mapped[int]
    secret: Mapped[bytes]
    commitment: Mapped[str]
    """SHA-256 of the secret, hexadecimal."""
    committed_at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]


class SelectionRound(Base):
    """One plan over every match that stood unreleased, with all it was made of: never edited, solved again at will."""

    __tablename__ = "selection_round"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    instance: Mapped[bytes] = mapped_column(deferred=True)
    """The problem that was solved: canonical JSON, deflated."""
    instance_hash: Mapped[str]
    """SHA-256 of the instance's canonical JSON."""
    plan: Mapped[bytes] = mapped_column(deferred=True)
    """What came out: canonical JSON, deflated."""
    plan_hash: Mapped[str]
    """SHA-256 of the plan's canonical JSON."""
    seed: Mapped[str]
    solver: Mapped[str]
    status: Mapped[RoundStatus]
    objective: Mapped[float]
    bound: Mapped[float]
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """``challenges`` by reference (shortages, prices, pins not kept), ``seeds``, what fairness took, ``fairness``."""


class SelectionOverride(Base):
    """A person's decision that a supplier is in, or out, whatever the plan would say; with the reason."""

    __tablename__ = "selection_override"
    __table_args__ = (
        sa.CheckConstraint("reason <> ''", name="reason_given"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by_somebody"),
        sa.Index(
            "uq_selection_override_live",
            "challenge_id",
            "supplier_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    kind: Mapped[OverrideKind]
    reason: Mapped[str]
    after_release: Mapped[bool] = mapped_column(default=False)
    """Whether invitations had gone out by then: somebody was invited, or an invitation taken back, against the plan."""
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    supplier: Mapped[Supplier] = relationship()
    made_by: Mapped[Person] = relationship(foreign_keys=made_by_id)
