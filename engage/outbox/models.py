"""The letter table: a mail as it will be sent, written with the change that caused it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.kernel.db import Base
from engage.outbox.enums import CalendarMethod, LetterState, Outcome, SuppressionKind


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
        sa.Index("ix_letter_recipient", sa.text("lower(recipient)"), "id"),
        sa.Index("ix_letter_message", "message_id"),
        sa.Index("ix_letter_outcome", "outcome", "id", postgresql_where=sa.text("outcome IS NOT NULL")),
        sa.Index("ix_letter_bodies", "created_at", postgresql_where=sa.text("emptied_at IS NULL")),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="sending_has_lease"),
        sa.CheckConstraint("(calendar IS NULL) = (calendar_method IS NULL)", name="calendar_has_method"),
        sa.CheckConstraint("emptied_at IS NULL OR (text = '' AND html = '')", name="emptied_is_empty"),
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
    body_hash: Mapped[str]
    """SHA-256 of ``text``, as the ledger keeps it: it stays when the bodies are removed."""
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
    """How often it was claimed, ever: the fence between workers, so it never falls."""
    forgiven: Mapped[int] = mapped_column(default=0)
    """How many of the attempts no longer count, because somebody asked for another go."""
    paced: Mapped[bool] = mapped_column(default=False)
    """Whether ``not_before`` is a turn that it was given among the letters to its domain."""
    in_doubt: Mapped[bool] = mapped_column(default=False)
    """Whether a try ended without word of whether the mail server took it: its reader may have it."""
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    receipt: Mapped[str | None]
    """What the other side said when it took the letter: the mail server's answer, or the id of GOV.UK Notify."""
    outcome: Mapped[Outcome | None]
    emptied_at: Mapped[datetime | None]
    """When the bodies were removed because their time was over."""

    steps: Mapped[list[LetterStep]] = relationship(back_populates="letter", order_by="LetterStep.id")
    reports: Mapped[list[LetterReport]] = relationship(back_populates="letter", order_by="LetterReport.id")

    @property
    def tries(self) -> int:
        """How many attempts count towards giving up."""
        return self.attempts - self.forgiven


class LetterStep(Base):
    """One moment in the life of a letter: the state it came to, and why. Each failed attempt leaves one."""

    __tablename__ = "letter_step"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    letter_id: Mapped[int] = mapped_column(sa.ForeignKey("letter.id"), index=True)
    at: Mapped[datetime]
    state: Mapped[LetterState]
    note: Mapped[str] = mapped_column(default="")

    letter: Mapped[Letter] = relationship(back_populates="steps")


class LetterReport(Base):
    """What a mail system said about a letter after it had been taken. The same report twice is one row."""

    __tablename__ = "letter_report"
    __table_args__ = (sa.UniqueConstraint("letter_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    letter_id: Mapped[int] = mapped_column(sa.ForeignKey("letter.id"))
    at: Mapped[datetime]
    outcome: Mapped[Outcome]
    status: Mapped[str] = mapped_column(default="")
    """The enhanced status code (RFC 3463), where there is one."""
    words: Mapped[str] = mapped_column(default="")
    """What the other mail system said."""
    fingerprint: Mapped[str]

    letter: Mapped[Letter] = relationship(back_populates="reports")


class Suppression(Base):
    """An address engage must not mail, and why; once lifted, that it was so."""

    __tablename__ = "suppression"
    __table_args__ = (
        sa.Index("uq_suppression_email", "email", unique=True, postgresql_where=sa.text("lifted_at IS NULL")),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(index=True)
    """In lower case."""
    kind: Mapped[SuppressionKind]
    reason: Mapped[str]
    """What the mail system said, or who asked for it; empty once the words of the letter were removed."""
    letter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("letter.id"))
    """The letter that showed it."""
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]


class MailPace(Base):
    """When the next letter may go to a domain: one line for what people wait for, one for bulk mail."""

    __tablename__ = "mail_pace"

    domain: Mapped[str] = mapped_column(primary_key=True)
    bulk: Mapped[bool] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
