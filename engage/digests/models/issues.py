"""Tables of digests: the runs, what they told, and to whom, in which window."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.digests.enums import Cadence
from engage.kernel.db import Base

if TYPE_CHECKING:
    from engage.digests.models.subscriptions import Subscription


class DigestRun(Base):
    """One round of digests: everybody who asked for this cadence, day and hour and was due at ``slot``.

    Its window goes from the end of the last run of the same schedule to the moment at which it was opened. A window
    is opened once, however often and late somebody looks.
    """

    __tablename__ = "digest_run"
    __table_args__ = (
        sa.UniqueConstraint("cadence", "weekday", "hour", "window_start"),
        sa.CheckConstraint("window_end > window_start", name="window_has_length"),
        sa.Index("ix_digest_run_unfinished", "id", postgresql_where=sa.text("finished_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    cadence: Mapped[Cadence]
    weekday: Mapped[int] = mapped_column(sa.SmallInteger)
    """0 is Monday; 0 for cadences without a day."""
    hour: Mapped[int] = mapped_column(sa.SmallInteger)
    """UK time; 0 for cadences without an hour."""
    slot: Mapped[datetime]
    """When it was due."""
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    """Where the window of everybody in it ends. Each begins where their own last one ended."""
    opened_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    reached: Mapped[str] = mapped_column(default="")
    """The last address, in lower case, that has been done: addresses come in order."""
    letters: Mapped[int] = mapped_column(default=0)
    """How many digests were written."""
    silent: Mapped[int] = mapped_column(default=0)
    """For how many subscriptions there was nothing to say."""
    failed: Mapped[int] = mapped_column(default=0)
    """How many digests could not be written. They stay due, unless mail can never be sent to their address."""


class DigestEdition(Base):
    """What a run told, in order; kept once for everybody whom it told the same."""

    __tablename__ = "digest_edition"
    __table_args__ = (
        sa.UniqueConstraint("run_id", "key"),
        sa.Index("ix_digest_edition_challenge_ids", "challenge_ids", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("digest_run.id"))
    key: Mapped[str]
    """SHA-256 of ``items``."""
    challenge_ids: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger))
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """For each thing told: ``challenge``, ``kind`` (the stage it came to, or what else happened) and the ``version`` of
    the text that was public; of sessions the number of what was published."""


class DigestIssue(Base):
    """One digest of one subscription: the window it covers and what it told.

    What lies between two windows of a subscription had nothing to tell. They overlap only where another subscription
    of the address ended before its digest left: what that one would have told is looked for once more.
    """

    __tablename__ = "digest_issue"
    __table_args__ = (
        sa.UniqueConstraint("subscription_id", "window_end"),
        sa.UniqueConstraint("run_id", "subscription_id"),
        sa.CheckConstraint("window_end > window_start", name="window_has_length"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("digest_run.id"))
    subscription_id: Mapped[int] = mapped_column(sa.ForeignKey("subscription.id"))
    edition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("digest_edition.id"), index=True)
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    letter_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    """None when nothing of it was left to say before it was sent."""
    created_at: Mapped[datetime]

    run: Mapped[DigestRun] = relationship()
    edition: Mapped[DigestEdition | None] = relationship()
    subscription: Mapped[Subscription] = relationship(back_populates="issues")
