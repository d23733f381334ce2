"""The challenge, the exact texts submitted for it, and the decisions on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Organisation, Person
from engage.challenges.enums import (
    OPEN_REVISION,
    OPEN_STATES,
    PUBLIC_STATES,
    ChallengeState,
    Decision,
    RevisionState,
    Route,
)
from engage.challenges.enums.questions import snapshot
from engage.challenges.models.attachments import Attached
from engage.kernel import clock
from engage.kernel.chain import canonical
from engage.kernel.db import Base
from engage.kernel.text import sha256

if TYPE_CHECKING:
    from engage.challenges.models.revision import ChallengeRevision

_PUBLIC = ", ".join(f"'{state}'" for state in PUBLIC_STATES)
_SEARCHED = " || ' ' || ".join(
    f"coalesce({column}, '')" for column in ("ref", "title", "problem", "why_now", "affected", "expertise")
)


class Challenge(Base):
    """An emerging policy problem on which expertise is sought."""

    __tablename__ = "challenge"
    __table_args__ = (
        sa.CheckConstraint(
            f"route <> 'preliminary_market_engagement' OR state NOT IN ({_PUBLIC}) "
            "OR (notice_number IS NOT NULL AND ocid IS NOT NULL)",
            name="platform_first",
        ),
        sa.CheckConstraint(f"state NOT IN ({_PUBLIC}) OR published_at IS NOT NULL", name="public_has_time"),
        sa.CheckConstraint(
            "approved_by_id <> submitted_by_id AND approved_by_id <> ALL (writer_ids)", name="two_people"
        ),
        sa.CheckConstraint(
            f"state NOT IN ('approved', 'notice_pending', {_PUBLIC}) "
            "OR (approved_by_id IS NOT NULL AND approved_hash IS NOT NULL AND route IS NOT NULL)",
            name="approved_first",
        ),
        sa.CheckConstraint("notice_number ~ '^[0-9]{6}-[0-9]{4}$'", name="notice_number_form"),
        sa.CheckConstraint("ocid ~ '^ocds-h6vhtk-[0-9a-f]{6,}$'", name="ocid_form"),
        sa.CheckConstraint(
            "state <> 'withdrawn' OR withdrawn_reason IS NOT NULL", name="withdrawn_has_reason"
        ),
        sa.CheckConstraint(
            "num_nulls(publish_at, scheduled_by_id, scheduled_at, scheduled_hash) IN (0, 4)",
            name="schedule_is_whole",
        ),
        sa.CheckConstraint(
            "publish_at IS NULL OR state IN ('approved', 'notice_pending')", name="scheduled_while_approved"
        ),
        sa.Index("ix_challenge_publish_at", "publish_at", postgresql_where=sa.text("publish_at IS NOT NULL")),
        sa.Index("ix_challenge_search", "search", postgresql_using="gin"),
        sa.Index("ix_challenge_published_at", "published_at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    """``ENG-2026-0001``"""
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    writer_ids: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger), default=list)
    """Everyone who wrote in the text: none of them may approve it."""
    state: Mapped[ChallengeState] = mapped_column(default=ChallengeState.DRAFT, index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    # The text, one question each.
    title: Mapped[str]
    problem: Mapped[str] = mapped_column(default="")
    why_now: Mapped[str] = mapped_column(default="")
    affected: Mapped[str] = mapped_column(default="")
    done_so_far: Mapped[str] = mapped_column(default="")
    undecided: Mapped[str] = mapped_column(default="")
    constraints: Mapped[str] = mapped_column(default="")
    questions: Mapped[str] = mapped_column(default="")
    expertise: Mapped[str] = mapped_column(default="")
    cpv: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    region: Mapped[str | None]
    closes_on: Mapped[date | None]
    """The last day on which suppliers can volunteer or contribute, UK time."""

    attachments: Mapped[list[Attached]] = mapped_column(JSONB, default=list, server_default=sa.text("'[]'"))
    """The files that belong to this text, in the order in which they were added."""

    route: Mapped[Route | None]
    purposes: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    route_reason: Mapped[str] = mapped_column(default="")
    notice_number: Mapped[str | None]
    ocid: Mapped[str | None]
    notice_recorded_at: Mapped[datetime | None]

    submitted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    submitted_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    approved_hash: Mapped[str | None]
    publish_at: Mapped[datetime | None]
    """When it is to be published by itself; with it who arranged that, when, and for which exact text."""
    scheduled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    scheduled_at: Mapped[datetime | None]
    scheduled_hash: Mapped[str | None]
    schedule_ended: Mapped[str | None]
    """Why the last publication that was arranged came to nothing, in a sentence; None when it did not."""
    published_at: Mapped[datetime | None]
    ended_early_at: Mapped[datetime | None]
    ended_early_reason: Mapped[str | None]
    """Why the engagement ended before its closing date."""
    closed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    source: Mapped[str | None]
    """Where an imported text comes from, with its licence."""
    source_ref: Mapped[str | None] = mapped_column(unique=True)
    copied_from_id: Mapped[int | None] = mapped_column(sa.ForeignKey("challenge.id"))
    """The challenge whose answers this draft began with."""

    search: Mapped[Any] = mapped_column(
        TSVECTOR, sa.Computed(f"to_tsvector('english', {_SEARCHED})", persisted=True), deferred=True
    )

    organisation: Mapped[Organisation] = relationship()
    author: Mapped[Person] = relationship(foreign_keys=author_id)
    scheduled_by: Mapped[Person | None] = relationship(foreign_keys=scheduled_by_id)
    copied_from: Mapped[Challenge | None] = relationship(
        foreign_keys=copied_from_id, remote_side="Challenge.id"
    )
    versions: Mapped[list[ChallengeVersion]] = relationship(order_by="ChallengeVersion.number")
    reviews: Mapped[list[ChallengeReview]] = relationship(order_by="ChallengeReview.id")
    open_revision: Mapped[ChallengeRevision | None] = relationship(
        primaryjoin="and_(Challenge.id == ChallengeRevision.challenge_id, ChallengeRevision.state.in_("
        f"{[state.value for state in OPEN_REVISION]}))",
        viewonly=True,
        uselist=False,
    )
    """The change of the published text that is being prepared; there is at most one."""

    @property
    def is_public(self) -> bool:
        """Whether everyone may see it."""
        return self.state in PUBLIC_STATES or (
            self.state is ChallengeState.WITHDRAWN and self.published_at is not None
        )

    @property
    def is_open(self) -> bool:
        """Whether suppliers can take part today: never while its department is suspended."""
        return self.state in OPEN_STATES and not self.is_past and self.organisation.verified

    @property
    def is_past(self) -> bool:
        """Whether the closing date has passed in the United Kingdom."""
        return self.closes_on is not None and self.closes_on < clock.uk_today()

    @property
    def writing(self) -> Challenge | ChallengeRevision:
        """The text that people write, submit and decide on: an open revision, else the challenge itself."""
        return self.open_revision or self

    @property
    def round(self) -> int:
        """Which text is being written: 0 for the first, n for the nth revision."""
        return self.open_revision.number if self.open_revision else 0

    @property
    def is_editable(self) -> bool:
        """Whether the first text is still being written."""
        return self.state in {ChallengeState.DRAFT, ChallengeState.CHANGES_REQUESTED}

    @property
    def takes_answers(self) -> bool:
        """Whether answers can be saved now: those of the first text, or those of a revision."""
        revision = self.open_revision
        return revision.state is RevisionState.WRITING if revision else self.is_editable

    @property
    def content(self) -> dict[str, Any]:
        """The text as JSON values: what is frozen, hashed, approved and shown."""
        return snapshot(self)

    def put(self, answers: Mapping[str, Any]) -> None:
        """Keep ``answers``, by column, as their columns hold them."""
        for field, value in answers.items():
            setattr(self, field, value)

    @property
    def content_hash(self) -> str:
        """The SHA-256 of the text as it stands now."""
        return hash_of(self.content)


def hash_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hexadecimal) of a text's canonical JSON."""
    return sha256(canonical(content))


class ChallengeVersion(Base):
    """The exact text submitted for review, frozen, with its hash."""

    __tablename__ = "challenge_version"
    __table_args__ = (sa.UniqueConstraint("challenge_id", "number"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_hash: Mapped[str]
    submitted_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    submitted_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    material: Mapped[bool | None]
    """Of a changed text: whether the change can alter who takes part, or what they would say."""
    reason: Mapped[str] = mapped_column(default="")
    """Of a changed text: what changed and why, for everybody."""


class ChallengeReview(Base):
    """A decision on a version, with reasons."""

    __tablename__ = "challenge_review"
    __table_args__ = (
        sa.CheckConstraint("decision <> 'changes_requested' OR reasons <> ''", name="changes_have_reasons"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge_version.id"))
    reviewer_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    decision: Mapped[Decision]
    reasons: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]

    version: Mapped[ChallengeVersion] = relationship()
    reviewer: Mapped[Person] = relationship()


class ChallengeNumber(Base):
    """The last number given out in a year, for references without gaps or doubles."""

    __tablename__ = "challenge_number"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
