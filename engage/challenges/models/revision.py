"""A change of a published text while it is prepared: written, submitted, approved, and then a new version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.challenges.enums import OPEN_REVISION, RevisionState
from engage.challenges.enums.questions import FILES, plain, whole
from engage.challenges.models.attachments import Attached
from engage.challenges.models.challenge import hash_of
from engage.kernel.db import Base

if TYPE_CHECKING:
    from engage.challenges.models.challenge import Challenge

_OPEN = ", ".join(f"'{state}'" for state in OPEN_REVISION)


class ChallengeRevision(Base):
    """The next text of a published challenge. Nobody outside the department sees it before it is published.

    The answers lie here and not in the challenge's columns, so whatever reads a challenge reads the published text.
    """

    __tablename__ = "challenge_revision"
    __table_args__ = (
        sa.UniqueConstraint("challenge_id", "number"),
        sa.Index(
            "uq_challenge_revision_open",
            "challenge_id",
            unique=True,
            postgresql_where=sa.text(f"state IN ({_OPEN})"),
        ),
        sa.CheckConstraint(
            "approved_by_id <> submitted_by_id AND approved_by_id <> ALL (writer_ids)", name="two_people"
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'published') "
            "OR (approved_by_id IS NOT NULL AND approved_hash IS NOT NULL)",
            name="approved_first",
        ),
        sa.CheckConstraint(
            "state IN ('writing', 'dropped') OR (material IS NOT NULL AND reason <> '')",
            name="says_what_and_why",
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    number: Mapped[int]
    """From 1, in the order of a challenge; also the round of its ``AnswerEdit`` rows."""
    state: Mapped[RevisionState] = mapped_column(default=RevisionState.WRITING)
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The answers that a revision may change, by column, as JSON values; under ``FILES`` its attachments."""
    writer_ids: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger), default=list)
    """Who opened it and everyone who wrote in it: none of them may approve it."""
    material: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(default="")
    opened_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    submitted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    submitted_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    approved_hash: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    """When it was published or dropped."""
    dropped_reason: Mapped[str] = mapped_column(default="")

    challenge: Mapped[Challenge] = relationship()
    opened_by: Mapped[Person] = relationship(foreign_keys=opened_by_id)

    @property
    def content(self) -> dict[str, Any]:
        """The whole text as it would be published: what is not changed here comes from the challenge."""
        return whole({**self.challenge.content, **self.answers})

    @property
    def content_hash(self) -> str:
        """The SHA-256 of the whole text."""
        return hash_of(self.content)

    @property
    def attachments(self) -> list[Attached]:
        """The files of the text as it would be published."""
        found: list[Attached] = self.answers.get(FILES, self.challenge.attachments)
        return found

    @attachments.setter
    def attachments(self, files: list[Attached]) -> None:
        self.answers = {**self.answers, FILES: files}

    def put(self, answers: Mapping[str, Any]) -> None:
        """Keep ``answers``, by column, as their columns hold them."""
        self.answers = {**self.answers, **{field: plain(value) for field, value in answers.items()}}
