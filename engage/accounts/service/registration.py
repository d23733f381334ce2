"""Registering an organisation and its first person."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.enums import Notice, Scheme
from engage.accounts.models import OrganisationIdentifier, Person
from engage.accounts.service import passwords
from engage.accounts.service.identifiers import normalise
from engage.accounts.service.letters import ask_for
from engage.accounts.service.organisations import ALREADY_THERE, create_organisation, subject_of
from engage.accounts.service.people import add_member, create_person
from engage.audit.service import record
from engage.kernel.actor import OrganisationKind, Role
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.ids import short_id
from engage.kernel.settings import settings

FIRST_ROLES: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.SUPPLIER: frozenset({Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT}),
    OrganisationKind.DEPARTMENT: frozenset({Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR}),
}
"""What the first person of an organisation may do. That nobody approves their own text is settled text by
text.
"""


@dataclass(frozen=True)
class Registration:
    """The answers of the registration pages."""

    kind: OrganisationKind
    organisation: str
    scheme: Scheme
    number: str
    name: str
    email: str


def check_identifier(session: Session, *, scheme: Scheme, number: str) -> str:
    """Return ``number`` as engage keeps it. Raises ``Invalid`` (field ``number``) when it is wrong or
    taken.

    What nobody with a confirmed address stands behind takes no number. Otherwise that a number is taken after
    a registration, or is not, would tell whether its address had an account.
    """
    if scheme is Scheme.NONE:
        return ""
    value = normalise(scheme, number)
    holder = queries.organisation_by_identifier(session, scheme=scheme.value, value=value)
    if holder and not queries.nobody_confirmed(session, holder):
        raise Invalid({"number": ALREADY_THERE})
    return value


def _release(session: Session, *, scheme: Scheme, number: str, again: Person | None) -> bool:
    """Take the number from an unconfirmed organisation that holds it, unless it is of ``again``, who sent the
    same twice; tell whether the number is free now. Side effects: the row, an audit line.
    """
    held = sa.select(OrganisationIdentifier).where(
        OrganisationIdentifier.scheme == scheme.value, OrganisationIdentifier.value == number
    )
    row = session.scalar(held.with_for_update())
    if row is None:
        return True
    if not queries.nobody_confirmed(session, row.organisation):
        raise Invalid({"number": ALREADY_THERE})  # somebody confirmed meanwhile
    holder = row.organisation
    if again and any(each.person_id == again.id for each in holder.memberships):
        return False
    holder.identifiers.remove(row)
    session.delete(row)
    session.flush()
    record(session, actor=None, tag="accounts:organisation:number_released", subject=subject_of(holder))
    return True


def check_email(*, kind: OrganisationKind, email: str) -> None:
    """Raise ``Invalid`` (field ``email``) unless the address may register for an organisation of this
    ``kind``.
    """
    if kind is OrganisationKind.DEPARTMENT and not of_government(email):
        endings = ", ".join(settings().department_domains)
        raise Invalid(
            {"email": f"Enter your work email address. For a department it must end in one of: {endings}"}
        )


def of_government(email: str) -> bool:
    """Tell whether the address is in one of the domains of departments or below one."""
    domain = email.rpartition("@")[2].strip().lower()
    allowed = [each.lower().lstrip(".@") for each in settings().department_domains]
    return any(domain == each or domain.endswith(f".{each}") for each in allowed)


def register(session: Session, *, registration: Registration, password: str) -> None:
    """Add a pending organisation and its first person, or only mail whoever has the address already.

    The caller cannot tell which, neither from the result nor from the time it takes, nor from what becomes
    of the number: in both cases an unconfirmed organisation gives it up and the next one may have it.
    Side effects: the rows, audit lines, a job that mails a link or the news that there is an account. Raises
    ``Invalid`` (fields ``number``, ``email``, ``password``).
    """
    number = check_identifier(session, scheme=registration.scheme, number=registration.number)
    check_email(kind=registration.kind, email=registration.email)
    about = (registration.name, registration.email, registration.organisation)
    passwords.check(password, about=about)
    known = queries.person_by_email(session, registration.email)
    free = _release(session, scheme=registration.scheme, number=number, again=known)
    if known is not None:
        # The same work for nothing, so that it takes as long: otherwise the time would tell.
        with suppress(_Undone), session.begin_nested():
            scheme = registration.scheme if free else Scheme.NONE
            pretended = replace(registration, email=f"{short_id()}@nobody.invalid", scheme=scheme)
            _add(session, pretended, number, password)
            raise _Undone
        record(session, actor=None, tag="accounts:person:registered_again", subject=f"person:{known.id}")
        ask_for(session, notice=Notice.ACCOUNT_EXISTS, person=known)
        return
    person = _add(session, registration, number, password)
    ask_for(session, notice=Notice.VERIFY_EMAIL, person=person)


class _Undone(Exception):
    """Rolls back what was done for its time only."""


def _add(session: Session, registration: Registration, number: str, password: str) -> Person:
    try:
        person = create_person(
            session, name=registration.name, email=registration.email, password=password, verified=False
        )
        organisation = create_organisation(
            session,
            kind=registration.kind,
            name=registration.organisation,
            identifiers=[(registration.scheme, number)],
            actor=queries.actor_of(person, None),
        )
    except Conflict as faster:  # the same was sent twice, and the other one is through
        raise Invalid({"number": faster.message}) from faster
    add_member(session, person=person, organisation=organisation, roles=FIRST_ROLES[registration.kind])
    return person
