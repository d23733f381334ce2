"""Tables of notices: what a notice says beyond the challenge, what was published elsewhere, what belongs together."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Person
from engage.challenges.models import Challenge
from engage.kernel.db import Base
from engage.transparency.enums import (
    AuthorityType,
    Category,
    Devolved,
    Language,
    LinkState,
    PartyPart,
    Subject,
)

PPON_FORM = "^[A-Z]{4}-[0-9]{4}-[A-Z]{4}$"
OCID_FORM = "^ocds-[a-z0-9]{6}-[^[:space:]]+$"


def _only(column: str, values: type[Subject | Language]) -> str:
    return f"{column} <@ ARRAY[" + ", ".join(f"'{each}'" for each in values) + "]::text[]"


class BuyerDetails(Base):
    """What a department says about itself in each of its notices (reg 13)."""

    __tablename__ = "buyer_details"
    __table_args__ = (sa.CheckConstraint(f"ppon = '' OR ppon ~ '{PPON_FORM}'", name="ppon_form"),)

    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    ppon: Mapped[str] = mapped_column(default="")
    """Its Public Procurement Organisation Number."""
    street: Mapped[str] = mapped_column(default="")
    locality: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    """An ITL 1 code."""
    email: Mapped[str] = mapped_column(default="")
    website: Mapped[str] = mapped_column(default="")
    kind: Mapped[AuthorityType | None]
    devolved: Mapped[Devolved | None]
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))

    @classmethod
    def empty(cls, organisation_id: int) -> BuyerDetails:
        """Return a row in which nothing is said yet."""
        texts = dict.fromkeys(("ppon", "street", "locality", "postal_code", "region", "email", "website"), "")
        return cls(organisation_id=organisation_id, **texts)


class NoticeDetails(Base):
    """What the notice of one challenge says that its text does not (regs 14 and 17)."""

    __tablename__ = "notice_details"
    __table_args__ = (
        sa.CheckConstraint("ends_on > starts_on", name="ends_after_start"),
        sa.CheckConstraint("starts_on > tender_notice_on", name="starts_after_tender"),
        sa.CheckConstraint("closes_on >= opens_on", name="closes_after_opening"),
        sa.CheckConstraint("value_net >= 0 AND value_gross >= value_net", name="value_in_order"),
        sa.CheckConstraint(_only("not_known", Subject), name="known_subjects"),
        sa.CheckConstraint(_only("languages", Language), name="known_languages"),
    )

    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), primary_key=True)
    category: Mapped[Category | None]
    kinds: Mapped[str] = mapped_column(default="")
    how: Mapped[str] = mapped_column(default="")
    cpv: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """Codes beyond those of the challenge."""
    regions: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """ITL 1 codes of where it would be supplied; empty means the region of the challenge."""
    abroad: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    quantity: Mapped[str] = mapped_column(default="")
    value_net: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Whole pounds, without VAT."""
    value_gross: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Whole pounds, with VAT."""
    above_threshold: Mapped[bool | None]
    tender_notice_on: Mapped[date | None]
    not_known: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """Parts of the contract subject-matter that the department does not know yet."""
    opens_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    """Empty means the closing date of the challenge."""
    engagement_process: Mapped[str] = mapped_column(default="")
    languages: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    sme: Mapped[bool | None]
    vcse: Mapped[bool | None]
    contact_name: Mapped[str] = mapped_column(default="")
    contact_email: Mapped[str] = mapped_column(default="")
    contact_telephone: Mapped[str] = mapped_column(default="")
    contact_address: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))

    @classmethod
    def empty(cls, challenge_id: int) -> NoticeDetails:
        """Return a row in which nothing is said yet."""
        columns = cls.__table__.columns
        texts = {column.key: "" for column in columns if isinstance(column.type, sa.Text)}
        lists: dict[str, list[str]] = {column.key: [] for column in columns if isinstance(column.type, ARRAY)}
        return cls(challenge_id=challenge_id, **{**texts, **lists, "languages": [Language.ENGLISH.value]})


class NoticeParty(Base):
    """Another authority that buys together with the department, or who acts on its behalf (reg 13(b) and (e))."""

    __tablename__ = "notice_party"
    __table_args__ = (sa.CheckConstraint(f"ppon = '' OR ppon ~ '{PPON_FORM}'", name="ppon_form"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    part: Mapped[PartyPart]
    name: Mapped[str]
    ppon: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    locality: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Notice(Base):
    """One release about a procurement, as it was published elsewhere. No names or addresses of people are kept."""

    __tablename__ = "notice"
    __table_args__ = (
        sa.UniqueConstraint("ocid", "release_id"),
        sa.Index("ix_notice_buyer_key", "buyer_key", "date"),
        sa.Index("ix_notice_buyer_ids", "buyer_ids", postgresql_using="gin"),
        sa.Index("ix_notice_related", "related", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    ocid: Mapped[str]
    release_id: Mapped[str]
    date: Mapped[datetime]
    tags: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    notice_type: Mapped[str] = mapped_column(default="")
    """``UK4`` and the like; empty where the publisher does not say."""
    document_type: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="")
    buyer_name: Mapped[str] = mapped_column(default="")
    buyer_key: Mapped[str] = mapped_column(default="")
    """The buyer's name in the form in which names are compared."""
    buyer_ids: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    cpv: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    suppliers: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """Names of those who were awarded a contract."""
    related: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    """Identifiers of other processes that the release names."""
    content_hash: Mapped[str]
    source: Mapped[str]
    """The file it came from, and its licence when the file says."""
    imported_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class NoticeLink(Base):
    """A procurement that may have followed from a challenge; a person confirms or rejects it. One to many, by ocid."""

    __tablename__ = "notice_link"
    __table_args__ = (
        sa.UniqueConstraint("challenge_id", "ocid"),
        sa.CheckConstraint(f"ocid ~ '{OCID_FORM}'", name="ocid_form"),
        sa.CheckConstraint(
            "state = 'proposed' OR (decided_at IS NOT NULL AND decided_by_id IS NOT NULL)",
            name="decided_by_somebody",
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    ocid: Mapped[str] = mapped_column(index=True)
    state: Mapped[LinkState] = mapped_column(default=LinkState.PROPOSED)
    score: Mapped[float] = mapped_column(default=0.0)
    """0 to 1: how much speaks for it; 0 for one that a person added."""
    reasons: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    proposed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    challenge: Mapped[Challenge] = relationship()
    decided_by: Mapped[Person | None] = relationship()
