"""Files that belong to a challenge. Which of them belong to a text, the text itself says: see ``Attached``."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engage.challenges.enums.files import AttachmentState
from engage.kernel.db import Base
from engage.kernel.filetypes import FileKind


class Attached(TypedDict):
    """One attachment as a text lists it, and as it is hashed and approved with the text."""

    name: str
    sha256: str
    size: int
    kind: str


class Attachment(Base):
    """The bytes of a file, with what is known about them; identified in its challenge by their hash.

    A text (the challenge's own, that of a revision, a frozen version) lists its files by this hash, so the rows
    know nothing of versions. The database itself sees to it that the bytes are those of the hash, and that what
    was refused is not kept.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        sa.UniqueConstraint("challenge_id", "sha256"),
        sa.CheckConstraint("(data IS NULL) = (state = 'refused')", name="refused_is_not_kept"),
        sa.CheckConstraint(
            "octet_length(data) = size AND encode(sha256(data), 'hex') = sha256",
            name="bytes_are_those_hashed",
        ),
        sa.CheckConstraint("(state = 'refused') = (refusal <> '')", name="refused_with_a_sentence"),
        sa.Index("ix_attachment_waiting", "added_at", postgresql_where=sa.text("state = 'quarantined'")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    sha256: Mapped[str]
    name: Mapped[str]
    kind: Mapped[FileKind]
    size: Mapped[int]
    """In bytes."""
    state: Mapped[AttachmentState] = mapped_column(default=AttachmentState.QUARANTINED)
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    added_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    """When it was found clean or refused."""
    refusal: Mapped[str] = mapped_column(default="")
    """Why it was refused, in a sentence."""
    trouble: Mapped[str] = mapped_column(default="")
    """Why the last try to check it came to nothing, in a sentence."""
    held: Mapped[bool] = mapped_column(default=False)
    """Whether something else than a text has the file, so that it stays when no text lists it."""
    data: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, deferred_raiseload=True)

    @property
    def entry(self) -> Attached:
        """The line of a text that lists this file."""
        return {"name": self.name, "sha256": self.sha256, "size": self.size, "kind": self.kind.value}
