"""Reading accounts."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership, Organisation, OrganisationIdentifier, Person, SignedInSession
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.text import sha256


def actor_by_token(session: Session, token: str) -> Actor | None:
    """Return the actor of the live signed-in session with ``token``; ``None`` when revoked, expired or unknown."""
    query = (
        sa.select(SignedInSession)
        .where(SignedInSession.token_hash == sha256(token))
        .options(
            joinedload(SignedInSession.person),
            joinedload(SignedInSession.membership).joinedload(Membership.organisation),
        )
    )
    found = session.scalar(query)
    if not found or found.revoked_at or found.expires_at <= clock.now() or found.person.disabled_at:
        return None
    return actor_of(found.person, found.membership)


def actor_of(person: Person, membership: Membership | None) -> Actor:
    """Return ``person`` acting through ``membership``; an ended membership gives no organisation and no roles."""
    if membership is None or membership.ended_at:
        return Actor(person.id, person.name, person.email, None, None, "", None)
    organisation = membership.organisation
    return Actor(
        person_id=person.id,
        person_name=person.name,
        email=person.email,
        membership_id=membership.id,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
        organisation_verified=organisation.verified,
        roles=frozenset(Role(role) for role in membership.roles),
    )


def person_by_email(session: Session, email: str) -> Person | None:
    """Return the person with this address, without regard to case."""
    return session.scalar(sa.select(Person).where(sa.func.lower(Person.email) == email.strip().lower()))


def people_with(session: Session, *roles: Role, organisation_id: int) -> Sequence[Person]:
    """Return the people who hold any of ``roles`` in the organisation, by id."""
    query = (
        sa.select(Person)
        .join(Membership)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.ended_at.is_(None),
            Membership.roles.overlap([role.value for role in roles]),
            Person.disabled_at.is_(None),
        )
        .order_by(Person.id)
    )
    return session.scalars(query).all()


def organisation(session: Session, organisation_id: int) -> Organisation | None:
    """Return an organisation by its id."""
    return session.get(Organisation, organisation_id)


def departments(session: Session) -> Sequence[Organisation]:
    """Return the verified departments, by name: one statement."""
    query = (
        sa.select(Organisation)
        .where(
            Organisation.kind == OrganisationKind.DEPARTMENT, Organisation.state == OrganisationState.VERIFIED
        )
        .order_by(sa.func.lower(Organisation.name), Organisation.id)
    )
    return session.scalars(query).all()


def organisation_by_identifier(session: Session, *, scheme: str, value: str) -> Organisation | None:
    """Return the organisation with this identifier; ``value`` in the form that engage keeps."""
    query = (
        sa.select(Organisation)
        .join(OrganisationIdentifier)
        .where(OrganisationIdentifier.scheme == scheme, OrganisationIdentifier.value == value)
    )
    return session.scalar(query)


def count_pending_organisations(session: Session) -> int:
    """Return how many organisations wait for the platform's team."""
    query = sa.select(sa.func.count()).where(Organisation.state == OrganisationState.PENDING)
    return session.scalar(query) or 0
