"""The platform's team, the demo department, and the departments that wrote the notices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from sqlalchemy.orm import Session

from engage.accounts import service
from engage.accounts.enums import Decision, Scheme
from engage.accounts.models import Organisation, Person
from engage.accounts.service.passwords import hash_password
from engage.demo import texts
from engage.demo.accounts import (
    ACCOUNTS,
    ADMINISTRATOR,
    DEPARTMENT,
    EDITOR,
    PASSWORD,
    PLATFORM,
    REVIEWER,
    Account,
)
from engage.demo.script import Diary, Step
from engage.demo.world import World
from engage.kernel.actor import OrganisationKind, Role, System

OPERATOR = System("engage demo")
FIRST_DAY = -360


def steps(today: date) -> list[Step]:
    """Return the steps that add the people and organisations of government."""
    diary = Diary(today)
    diary.note(FIRST_DAY, "09:00", "The platform's team begins", _platform)
    diary.note(FIRST_DAY + 2, "10:00", "The demo department joins", _department)
    diary.note(FIRST_DAY + 3, "09:30", "The departments of the notices are added", _real_departments)
    return diary.steps()


@cache
def hashed() -> str:
    """Return the hash of the demo's password, made once for all."""
    return hash_password(PASSWORD)


def enrol(session: Session, world: World, *, organisation: Organisation, accounts: Iterable[Account]) -> None:
    """Add the people of ``accounts`` to ``organisation``, with the demo's password."""
    for account in accounts:
        person = service.create_person(
            session, name=account.name, email=account.email, password=None, verified=True, actor=OPERATOR
        )
        person.password_hash = hashed()
        join(session, world, organisation=organisation, person=person, roles=account.roles)


def join(
    session: Session,
    world: World,
    *,
    organisation: Organisation,
    person: Person,
    roles: Iterable[Role],
    called: str = "",
) -> None:
    """Let ``person`` act for ``organisation``; the world knows them as ``called``, or by their address."""
    membership = service.add_member(
        session, person=person, organisation=organisation, roles=roles, actor=OPERATOR
    )
    world.people[called or person.email] = membership.id


def _platform(session: Session, world: World) -> None:
    team = service.create_organisation(
        session,
        kind=OrganisationKind.PLATFORM,
        name=PLATFORM,
        identifiers=[],
        verified=True,
        actor=OPERATOR,
    )
    held = [account for account in ACCOUNTS if account.organisation == PLATFORM]
    enrol(session, world, organisation=team, accounts=held)


def _department(session: Session, world: World) -> None:
    department = service.create_organisation(
        session, kind=OrganisationKind.DEPARTMENT, name=DEPARTMENT, identifiers=[], actor=OPERATOR
    )
    held = [account for account in ACCOUNTS if account.organisation == DEPARTMENT]
    enrol(session, world, organisation=department, accounts=held)
    service.decide(
        session,
        actor=world.actor(session, ADMINISTRATOR.email),
        organisation_id=department.id,
        decision=Decision.VERIFY,
    )


def _real_departments(session: Session, world: World) -> None:
    editor, reviewer = (
        service.create_person(session, name=name, email=email, password=None, verified=True, actor=OPERATOR)
        for email, name in (EDITOR, REVIEWER)
    )
    known: dict[str, tuple[str, str] | None] = {}
    for source in texts.challenges():
        if source.department is not None:
            known[source.department] = known.get(source.department) or source.identifier
    for name, identifier in known.items():
        department = service.create_organisation(
            session,
            kind=OrganisationKind.DEPARTMENT,
            name=name,
            identifiers=[(Scheme(identifier[0]), identifier[1])] if identifier else [],
            verified=True,
            actor=OPERATOR,
        )
        writes, decides = (Role.POLICY_AUTHOR, Role.FACILITATOR), (Role.APPROVER,)
        for person, roles in ((editor, writes), (reviewer, decides)):
            called = f"{person.email} @ {name}"
            join(session, world, organisation=department, person=person, roles=roles, called=called)
