"""The ledger table."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engage.kernel.chain import Chained
from engage.kernel.db import Base
from engage.ledger.enums import Channel


class Disclosure(Chained, Base):
    """One disclosure: a fact, an audience, a channel, a moment."""

    __tablename__ = "disclosure"
    PAYLOAD = ("challenge_ref", "fact", "summary", "audience", "channel", "body_hash")
    __table_args__ = (sa.Index("ix_disclosure_challenge_ref", "challenge_ref", "id"),)

    challenge_ref: Mapped[str | None]
    fact: Mapped[str]
    """What was disclosed, as ``kind:reference``, for instance ``version:ENG-2026-0001/1`` or ``answer:42``."""
    summary: Mapped[str]
    """The fact in one line, without personal data."""
    audience: Mapped[str]
    """``everyone``, or ``supplier:REF`` / ``organisation:ID`` / ``subscriber:ID``."""
    channel: Mapped[Channel]
    body_hash: Mapped[str | None] = mapped_column()
    """SHA-256 of the exact text disclosed, where there is one."""
