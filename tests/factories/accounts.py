"""Organisations and people."""

from __future__ import annotations

import itertools

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership, Organisation, OrganisationIdentifier, Person
from engage.accounts.queries import actor_of
from engage.kernel import clock
from engage.kernel.actor import ROLES_OF, Actor, OrganisationKind, Role

PASSWORD = "correct horse battery staple"
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_numbers = itertools.count(1)


def new_organisation(
    session: Session,
    *,
    kind: OrganisationKind = OrganisationKind.DEPARTMENT,
    name: str = "",
    state: OrganisationState = OrganisationState.VERIFIED,
) -> Organisation:
    number = next(_numbers)
    made = Organisation(
        kind=kind,
        name=name or f"{kind.value.title()} {number}",
        state=state,
        created_at=clock.now(),
        verified_at=clock.now() if state is OrganisationState.VERIFIED else None,
        identifiers=[OrganisationIdentifier(scheme="GB-COH", value=f"{number:08}")],
    )
    session.add(made)
    session.flush()
    return made


def person(session: Session, *, email: str = "", name: str = "", verified: bool = True) -> Person:
    number = next(_numbers)
    made = Person(
        email=email or f"person{number}@example.test",
        name=name or f"Person {number}",
        password_hash=_HASH,
        password_changed_at=clock.now(),
        email_verified_at=clock.now() if verified else None,
        created_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made


def membership(
    session: Session, *, person: Person, organisation: Organisation, roles: set[Role]
) -> Membership:
    made = Membership(
        person=person,
        organisation=organisation,
        roles=[role.value for role in sorted(roles)],
        created_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made


def member(
    session: Session, *roles: Role, organisation: Organisation | None = None, name: str = ""
) -> Membership:
    """A person with ``roles``, in ``organisation`` or a new verified one of the fitting kind."""
    kind = next(kind for kind, held in ROLES_OF.items() if set(roles) <= held)
    where = organisation or new_organisation(session, kind=kind)
    return membership(session, person=person(session, name=name), organisation=where, roles=set(roles))


def actor(session: Session, *roles: Role, organisation: Organisation | None = None) -> Actor:
    """The actor of a new member."""
    made = member(session, *roles, organisation=organisation)
    return actor_of(made.person, made)
