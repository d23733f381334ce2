"""Tables of accounts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.accounts.enums import JoinState, OrganisationState
from engage.kernel.actor import OrganisationKind, Role
from engage.kernel.db import Base


class Organisation(Base):
    """A department, a supplier, or the platform's own team."""

    __tablename__ = "organisation"
    __table_args__ = (
        sa.Index(
            "ix_organisation_name_alike",
            sa.func.lower(sa.literal_column("name")).label("lowered"),
            postgresql_using="gin",
            postgresql_ops={"lowered": "gin_trgm_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    kind: Mapped[OrganisationKind]
    name: Mapped[str]
    state: Mapped[OrganisationState] = mapped_column(default=OrganisationState.PENDING)
    state_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]

    identifiers: Mapped[list[OrganisationIdentifier]] = relationship(
        back_populates="organisation", order_by="OrganisationIdentifier.scheme"
    )
    memberships: Mapped[list[Membership]] = relationship(back_populates="organisation")

    @property
    def verified(self) -> bool:
        """Whether the organisation may act."""
        return self.state is OrganisationState.VERIFIED


class OrganisationIdentifier(Base):
    """A stable identifier of an organisation, by an org-id.guide scheme (GB-COH, GB-PPON, …)."""

    __tablename__ = "organisation_identifier"
    __table_args__ = (sa.UniqueConstraint("scheme", "value"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    scheme: Mapped[str]
    value: Mapped[str]

    organisation: Mapped[Organisation] = relationship(back_populates="identifiers")


class Person(Base):
    """Somebody with an account. The address is unique without regard to case."""

    __tablename__ = "person"
    __table_args__ = (
        sa.Index("uq_person_email", sa.text("lower(email)"), unique=True),
        # Backwards, "elpmaxe.revir.@nna", so that a domain and those below it stand together.
        sa.Index(
            "ix_person_mail_domain",
            sa.func.reverse(sa.func.replace(sa.func.lower(sa.literal_column("email")), "@", "@.")).label(
                "backwards"
            ),
            postgresql_ops={"backwards": "text_pattern_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    password_changed_at: Mapped[datetime]
    email_verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    memberships: Mapped[list[Membership]] = relationship(back_populates="person", order_by="Membership.id")


class Membership(Base):
    """A person acting for an organisation, with roles."""

    __tablename__ = "membership"
    __table_args__ = (
        sa.Index(
            "uq_membership_live",
            "person_id",
            "organisation_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.CheckConstraint("cardinality(roles) > 0", name="has_roles"),
        sa.CheckConstraint(
            "roles <@ ARRAY[" + ", ".join(f"'{role}'" for role in Role) + "]::text[]", name="known_roles"
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation] = relationship(back_populates="memberships")


class SignedInSession(Base):
    """A signed-in browser: revocable, with an absolute end. Only a hash of its token is kept."""

    __tablename__ = "signed_in_session"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    membership_id: Mapped[int | None] = mapped_column(sa.ForeignKey("membership.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(default="")

    person: Mapped[Person] = relationship()
    membership: Mapped[Membership | None] = relationship()


class JoinRequest(Base):
    """Somebody asks to act for an organisation that is here already; its own people answer."""

    __tablename__ = "join_request"
    __table_args__ = (
        sa.Index(
            "uq_join_request_waiting",
            "organisation_id",
            sa.text("lower(email)"),
            unique=True,
            postgresql_where=sa.text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    name: Mapped[str]
    email: Mapped[str]
    """As they wrote it; that it is theirs shows when they open the link of an approval."""
    words: Mapped[str] = mapped_column(default="")
    state: Mapped[JoinState] = mapped_column(default=JoinState.WAITING)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
