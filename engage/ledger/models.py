"""The ledger table."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engage.kernel.chain import Chained
from engage.kernel.db import Base
from engage.ledger.enums import EVERYONE, Channel


class Disclosure(Chained, Base):
    """One disclosure: a fact, an audience, a channel, the moments of release and of delivery.

    ``at`` is when the line was written. On a page a thing is released and delivered at that moment. A letter is
    released when it is written and delivered when the mail server takes it: then comes the line, with the
    earlier moment in ``released_at``. What was said elsewhere is recorded afterwards: both moments lie before
    ``at``.
    """

    __tablename__ = "disclosure"
    # An empty moment is left out of what is hashed as null, as in lines older than these columns: all verify alike.
    PAYLOAD = (
        "challenge_ref",
        "fact",
        "summary",
        "audience",
        "channel",
        "body_hash",
        "released_at",
        "delivered_at",
    )
    __table_args__ = (sa.Index("ix_disclosure_challenge_ref", "challenge_ref", "id"),)

    challenge_ref: Mapped[str | None]
    fact: Mapped[str]
    """What was disclosed, as ``kind:reference``, for instance ``version:ENG-2026-0001/1`` or ``answer:42``."""
    summary: Mapped[str]
    """The fact in one line, without personal data."""
    audience: Mapped[str]
    """``everyone``; ``supplier:REF``; ``organisation:ID``; ``telling:ID`` for who is not on engage; ``letter:ID`` in
    old lines."""
    channel: Mapped[Channel]
    body_hash: Mapped[str | None] = mapped_column()
    """SHA-256 of the exact text disclosed, where there is one."""
    released_at: Mapped[datetime | None]
    """When the department let it go, where that was before ``at``."""
    delivered_at: Mapped[datetime | None]
    """When the audience had it, where that was before ``at``."""

    @property
    def released(self) -> datetime:
        """When the department let it go."""
        return self.released_at or self.at

    @property
    def delivered(self) -> datetime:
        """When the audience had it."""
        return self.delivered_at or self.at

    @property
    def to_everyone(self) -> bool:
        """Whether everybody could have it."""
        return self.audience == EVERYONE
