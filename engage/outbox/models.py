"""The letter table: a mail as it will be sent, written with the change that caused it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.kernel.db import Base
from engage.outbox.enums import CalendarMethod, LetterState


class Letter(Base):
    """One mail to one recipient, rendered when it was written: what was approved is what is sent."""

    __tablename__ = "letter"
    __table_args__ = (
        sa.Index(
            "ix_letter_due",
            "bulk",
            "not_before",
            "id",
            postgresql_where=sa.text("state IN ('queued', 'sending')"),
        ),
        sa.Index("ix_letter_state", "state", "id"),
        sa.Index("ix_letter_recipient", sa.text("lower(recipient)")),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="sending_has_lease"),
        sa.CheckConstraint("(calendar IS NULL) = (calendar_method IS NULL)", name="calendar_has_method"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    """Says what this letter is for: a second letter with the same key is not written."""
    message_id: Mapped[str]
    template: Mapped[str]
    recipient: Mapped[str]
    recipient_name: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    why: Mapped[str]
    """The sentence in the mail that says why it came."""
    challenge_ref: Mapped[str | None]
    audience: Mapped[str | None]
    """Whom the ledger names when the letter has been sent, for instance ``supplier:REF``; who has none is told nothing
    that the ledger would have to know."""
    fact: Mapped[str | None]
    """What the letter tells them, as the ledger calls it: ``invitation:REF``, ``answer:42``."""
    bulk: Mapped[bool] = mapped_column(default=False)
    """Sent after everything that somebody waits for."""
    calendar: Mapped[str | None]
    """An iCalendar file that goes along."""
    calendar_method: Mapped[CalendarMethod | None]
    state: Mapped[LetterState] = mapped_column(default=LetterState.QUEUED)
    sender: Mapped[str]
    """Who caused it, by name, or ``engage``."""
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    released_by: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]

    steps: Mapped[list[LetterStep]] = relationship(back_populates="letter", order_by="LetterStep.id")


class LetterStep(Base):
    """One moment in the life of a letter: the state it came to, and why. Each failed attempt leaves one."""

    __tablename__ = "letter_step"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    letter_id: Mapped[int] = mapped_column(sa.ForeignKey("letter.id"), index=True)
    at: Mapped[datetime]
    state: Mapped[LetterState]
    note: Mapped[str] = mapped_column(default="")

    letter: Mapped[Letter] = relationship(back_populates="steps")


class Suppression(Base):
    """An address engage must not mail, and why."""

    __tablename__ = "suppression"

    email: Mapped[str] = mapped_column(primary_key=True)
    """In lower case."""
    reason: Mapped[str]
    at: Mapped[datetime]
