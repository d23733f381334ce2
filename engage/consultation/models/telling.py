"""What a department told somebody outside engage, and when everyone got it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.challenges.models import Challenge
from engage.kernel.db import Base
from engage.ledger.enums import Channel
from engage.suppliers.models import Supplier


class ToldFact(Base):
    """Something about a challenge that was told to somebody by phone, in a meeting, on paper.

    ``text`` is what was said; ``wording`` the same for everyone, with what names somebody taken out. Once it is
    released it does not change.
    """

    __tablename__ = "told_fact"
    __table_args__ = (
        sa.CheckConstraint("title <> '' AND text <> ''", name="says_something"),
        sa.CheckConstraint("released_at IS NULL OR wording <> ''", name="released_has_wording"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    title: Mapped[str]
    """What it is about in one line, fit for everyone: the ledger repeats it."""
    text: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    wording: Mapped[str] = mapped_column(default="")
    with_publication: Mapped[bool] = mapped_column(default=False)
    """Whether it goes to everyone at the moment the challenge is published."""
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """None when it went out with the publication."""

    challenge: Mapped[Challenge] = relationship()
    tellings: Mapped[list[Telling]] = relationship(back_populates="fact", order_by="Telling.told_at")

    @property
    def key(self) -> str:
        """How the ledger calls it."""
        return f"told:{self.id}"


class Telling(Base):
    """One time that a fact was told to one organisation: a supplier on engage, or another by its name."""

    __tablename__ = "telling"
    __table_args__ = (
        sa.UniqueConstraint("told_fact_id", "audience", "channel", "told_at"),
        sa.CheckConstraint("(supplier_id IS NULL) = (organisation_name <> '')", name="one_recipient"),
        sa.CheckConstraint("told_at <= recorded_at", name="told_before_recorded"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    told_fact_id: Mapped[int] = mapped_column(sa.ForeignKey("told_fact.id"))
    supplier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    organisation_name: Mapped[str] = mapped_column(default="")
    """Who was told, when they are not on engage."""
    audience: Mapped[str]
    """How the ledger calls them: ``supplier:REF``, or ``telling:ID`` by the first record with that name."""
    channel: Mapped[Channel]
    told_at: Mapped[datetime]
    told_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))

    fact: Mapped[ToldFact] = relationship(back_populates="tellings")
    supplier: Mapped[Supplier | None] = relationship()
    told_by: Mapped[Person] = relationship(foreign_keys=told_by_id)

    @property
    def recipient(self) -> str:
        """The name of who was told; for the department's eyes only."""
        return self.supplier.organisation.name if self.supplier else self.organisation_name
