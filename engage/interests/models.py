"""Tables of interests. What somebody declared is never deleted and never rewritten: the database refuses it."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.models import Organisation, Person
from engage.challenges.models import Challenge
from engage.interests.enums import Appearance, Basis, CheckPoint, Kind, MitigationState
from engage.kernel.db import Base
from engage.suppliers.models import Supplier

LONGEST_COOLING_OFF = 60
COUNTS_UNTIL = "(least(ends_on, ended_on) + make_interval(months => cooling_off))::date"


class Declaration(Base):
    """An interest that a person declares, acting for an organisation. A correction is another row."""

    __tablename__ = "declaration"
    __table_args__ = (
        sa.UniqueConstraint("id", "person_id"),
        sa.UniqueConstraint("replaces_id"),
        sa.CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        sa.CheckConstraint("ended_on >= starts_on", name="ended_after_start"),
        sa.CheckConstraint("(ended_on IS NULL) = (ended_at IS NULL)", name="end_has_time"),
        sa.CheckConstraint(f"cooling_off BETWEEN 0 AND {LONGEST_COOLING_OFF}", name="cooling_off_in_range"),
        sa.CheckConstraint("btrim(description) <> ''", name="is_described"),
        sa.CheckConstraint("btrim(counterpart_name) <> ''", name="names_a_counterpart"),
        sa.CheckConstraint(
            "(counterpart_scheme = '') = (counterpart_number = '')", name="number_of_a_register"
        ),
        sa.CheckConstraint("counterpart_domain = lower(counterpart_domain)", name="domain_in_lower_case"),
        sa.CheckConstraint("counterpart_id <> organisation_id", name="with_somebody_else"),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_reason = '') AND (closed_at IS NULL) = (closed_by_id IS NULL)",
            name="closed_by_somebody_with_reason",
        ),
        sa.Index(
            "uq_declaration_live",
            "person_id",
            "organisation_id",
            "kind",
            sa.text("lower(counterpart_name)"),
            sa.text("coalesce(challenge_id, 0)"),
            "starts_on",
            unique=True,
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
        sa.Index(
            "ix_declaration_organisation_id", "organisation_id", postgresql_where=sa.text("closed_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    """Whom the person acted for when they declared it."""
    challenge_id: Mapped[int | None] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    """The one challenge that it concerns; empty: all of them."""
    kind: Mapped[Kind]
    appearance: Mapped[Appearance]
    counterpart_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    """The other organisation, when it is on engage."""
    counterpart_name: Mapped[str]
    counterpart_scheme: Mapped[str] = mapped_column(default="")
    counterpart_number: Mapped[str] = mapped_column(default="")
    """Its number in the register ``counterpart_scheme``, where it was given."""
    counterpart_domain: Mapped[str] = mapped_column(default="")
    """Its mail domain, where it was given."""
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    """The last day, as declared; empty while no end is known."""
    ended_on: Mapped[date | None]
    """The last day, as recorded later."""
    ended_at: Mapped[datetime | None]
    cooling_off: Mapped[int]
    """Months for which it still counts after its end."""
    counts_until: Mapped[date | None] = mapped_column(sa.Computed(COUNTS_UNTIL, persisted=True))
    """The last day on which it counts; empty: no end is known."""
    description: Mapped[str]
    made_at: Mapped[datetime]
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("declaration.id"))
    """What this one corrects."""
    closed_at: Mapped[datetime | None]
    """Since when it counts no more, because it was withdrawn or corrected."""
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    closed_reason: Mapped[str] = mapped_column(default="")

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    organisation: Mapped[Organisation] = relationship(foreign_keys=organisation_id)
    counterpart: Mapped[Organisation | None] = relationship(foreign_keys=counterpart_id)
    challenge: Mapped[Challenge | None] = relationship()
    closed_by: Mapped[Person | None] = relationship(foreign_keys=closed_by_id)

    @property
    def last_day(self) -> date | None:
        """The last day of the interest itself, before any cooling-off."""
        return min(filter(None, (self.ends_on, self.ended_on)), default=None)


class DeclaredNone(Base):
    """A person's statement that there is nothing to declare about a challenge."""

    __tablename__ = "declared_none"
    __table_args__ = (sa.Index("ix_declared_none_challenge_id_person_id", "challenge_id", "person_id"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    made_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


class Mitigation(Base):
    """Steps against one conflict in one challenge (s.82), with an owner. Decided by an approver, never the declarer."""

    __tablename__ = "mitigation"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["declaration_id", "declarer_id"],
            ["declaration.id", "declaration.person_id"],
            name="fk_mitigation_declaration_id_declarer_id_declaration",
        ),
        sa.CheckConstraint("btrim(steps) <> ''", name="has_steps"),
        sa.CheckConstraint("review_on >= due_on", name="reviewed_after_due"),
        sa.CheckConstraint("decided_by_id <> declarer_id", name="not_decided_by_declarer"),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name="decided_by_somebody",
        ),
        sa.Index(
            "uq_mitigation_open",
            "declaration_id",
            "challenge_id",
            unique=True,
            postgresql_where=sa.text("state <> 'not_enough'"),
        ),
        sa.Index("ix_mitigation_challenge_id", "challenge_id"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    declaration_id: Mapped[int] = mapped_column(sa.BigInteger)
    declarer_id: Mapped[int] = mapped_column(sa.BigInteger)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    steps: Mapped[str]
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    """Who sees to it that the steps are taken."""
    due_on: Mapped[date]
    review_on: Mapped[date]
    state: Mapped[MitigationState] = mapped_column(default=MitigationState.PROPOSED)
    proposed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(default="")
    """The reason in the words of who decided."""

    declaration: Mapped[Declaration] = relationship()
    challenge: Mapped[Challenge] = relationship()
    owner: Mapped[Person] = relationship(foreign_keys=owner_id)
    proposed_by: Mapped[Person] = relationship(foreign_keys=proposed_by_id)
    decided_by: Mapped[Person | None] = relationship(foreign_keys=decided_by_id)


class ConflictFinding(Base):
    """A conflict as it stood in the way at one moment: of a match, of an invitation, of a seat, of a session."""

    __tablename__ = "conflict_finding"
    __table_args__ = (
        sa.Index(
            "uq_conflict_finding_once",
            "challenge_id",
            "supplier_id",
            "person_id",
            sa.text("coalesce(declaration_id, 0)"),
            "point",
            "subject",
            unique=True,
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    declaration_id: Mapped[int | None] = mapped_column(sa.ForeignKey("declaration.id"), index=True)
    """Empty when engage found it by itself: one person acts for both sides."""
    basis: Mapped[Basis]
    point: Mapped[CheckPoint]
    subject: Mapped[str] = mapped_column(default="")
    """What it stood in the way of, as ``kind:reference``."""
    words: Mapped[str] = mapped_column(default="")
    """That in words, for the assessment."""
    found_at: Mapped[datetime]

    supplier: Mapped[Supplier] = relationship()
    person: Mapped[Person] = relationship()
    declaration: Mapped[Declaration | None] = relationship()


class Attestation(Base):
    """What a person confirmed on entering a session, in the very words shown to them; again when asked again."""

    __tablename__ = "attestation"
    __table_args__ = (sa.Index("ix_attestation_subject_person_id", "subject", "person_id"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    subject: Mapped[str]
    """``invitation:…`` or ``session:…``"""
    version: Mapped[str]
    text: Mapped[str]
    made_at: Mapped[datetime]


class AssessmentReview(Base):
    """Somebody read the conflicts assessment of a challenge and confirmed it as it stood."""

    __tablename__ = "assessment_review"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    challenge_id: Mapped[int] = mapped_column(sa.ForeignKey("challenge.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    reviewed_at: Mapped[datetime]
    content_hash: Mapped[str]
    """SHA-256 of what was confirmed, in canonical form."""

    person: Mapped[Person] = relationship()
