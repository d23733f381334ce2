"""`engage users`: people and organisations from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from sqlalchemy.orm import Session

from engage.accounts import queries, service
from engage.accounts.enums import Decision, OrganisationState
from engage.accounts.service import passwords
from engage.accounts.service.letters import hours, url
from engage.accounts.service.tokens import RESET_LASTS, reset_token
from engage.cli.errors import CannotStart
from engage.cli.work import bound
from engage.kernel.actor import ROLES_OF, OrganisationKind, Role, System
from engage.kernel.db import reading, unit_of_work
from engage.kernel.errors import DomainError

OPERATOR = System("engage users")
PLATFORM_TEAM = "Platform team"


@click.group()
def users() -> None:
    """List people, add them, verify organisations, close accounts."""


@contextmanager
def changing() -> Iterator[Session]:
    """Give a unit of work on the database; what cannot be done is one sentence and exit code 2."""
    try:
        with bound(), unit_of_work() as session:
            yield session
    except DomainError as error:
        raise CannotStart(error.message) from error


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_users(as_json: bool) -> None:
    """Print every person with what they may do for whom."""
    with bound(), reading() as session:
        found = [_described(person) for person in queries.everybody(session)]
    if as_json:
        click.echo(json.dumps(found))
        return
    for person in found:
        click.echo(f"{person['email']}  {person['name']}  ({person['state']})")
        for member in person["acts_for"]:
            roles = ", ".join(member["roles"])
            click.echo(f"    {member['organisation']} ({member['kind']}, {member['state']}): {roles}")
    click.echo("Nobody yet: add somebody with engage users create." if not found else f"{len(found)} in all.")


def _described(person: Any) -> dict[str, Any]:
    state = (
        "closed" if person.disabled_at else "active" if person.email_verified_at else "address not confirmed"
    )
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "state": state,
        "acts_for": [
            {
                "organisation": each.organisation.name,
                "kind": each.organisation.kind.value,
                "state": each.organisation.state.value,
                "roles": each.roles,
            }
            for each in person.memberships
            if each.ended_at is None
        ],
    }


@users.command("create")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--name", help="The person's name; needed for somebody new.")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role])
)
@click.option("--organisation", help="Whom they act for, by name; made (and verified) when there is none.")
@click.option(
    "--identifier", metavar="SCHEME:NUMBER", help="Of a new organisation, for instance GB-COH:00445790."
)
@click.option("--ask-password", is_flag=True, help="Ask for a password here instead of printing a link.")
def create_user(
    email: str, name: str | None, roles: tuple[str, ...], organisation: str | None, identifier: str | None,
    ask_password: bool,
) -> None:  # fmt: skip
    """Add a person, or more roles for one who is there. Their address counts as confirmed.

    An account whose address was never confirmed starts afresh: anybody may have registered it.
    Without --ask-password a link is printed by which they choose their own.
    """
    given = [Role(role) for role in roles]
    kind = next((kind for kind, held in ROLES_OF.items() if set(given) <= held), None)
    if kind is None:
        raise CannotStart("these roles do not go together in one organisation: add them one after the other.")
    where = organisation or (PLATFORM_TEAM if kind is OrganisationKind.PLATFORM else "")
    if not where:
        raise CannotStart(f"say for which {kind.value} they act: --organisation NAME.")
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if ask_password else None
    with changing() as session:
        if password is not None:
            passwords.check(password, about=(email, name or "", where))
        found = _organisation(session, kind=kind, name=where, identifier=identifier)
        person, fresh = _person(session, email=email, name=name, password=password)
        service.add_member(session, person=person, organisation=found, roles=given, actor=OPERATOR)
        link = url("reset-password", reset_token(person))
    click.echo(f"{person.name} acts for {found.name} as {', '.join(role.label for role in given)}.")
    if fresh and password is None:
        click.echo(f"They choose their password here, within {hours(RESET_LASTS)}: {link}")


def _organisation(session: Session, *, kind: OrganisationKind, name: str, identifier: str | None) -> Any:
    named = [each for each in queries.organisations_named(session, name=name) if each.kind is kind]
    if len(named) > 1:
        raise CannotStart(f"there are {len(named)} organisations called {name}: rename one first.")
    if named:
        return named[0]
    scheme, _, number = (identifier or "none:").partition(":")
    try:
        return service.create_organisation(
            session, kind=kind, name=name, identifiers=[(scheme, number)], verified=True, actor=OPERATOR
        )
    except ValueError as error:
        raise CannotStart(f"{scheme} is no register that engage knows.") from error


def _person(session: Session, *, email: str, name: str | None, password: str | None) -> tuple[Any, bool]:
    known = queries.person_by_email(session, email)
    if known is not None and known.email_verified_at:
        return known, False
    if not name:
        state = "has never confirmed that address" if known else "is new here"
        raise CannotStart(f"{email} {state}: give their --name too.")
    if known is not None:
        service.start_afresh(session, person=known, name=name, password=password, actor=OPERATOR)
        return known, True
    made = service.create_person(
        session, name=name, email=email, password=password, verified=True, actor=OPERATOR
    )
    return made, True


@users.command("verify-organisation")
@click.argument("name")
def verify_organisation(name: str) -> None:
    """Verify the organisation called NAME (or with that id), or lift its suspension; its people are told."""
    with changing() as session:
        if name.isdecimal():
            one = queries.organisation(session, int(name))
            found = [one] if one else []
        else:
            found = list(queries.organisations_named(session, name=name))
        if len(found) != 1:
            ids = ", ".join(str(each.id) for each in found)
            many = f"there are {len(found)} organisations called {name}: give one of the ids {ids}."
            raise CannotStart(many if found else f"there is no organisation called {name}.")
        lifted = found[0].state is OrganisationState.SUSPENDED
        decision = Decision.LIFT if lifted else Decision.VERIFY
        decided = service.decide(session, actor=OPERATOR, organisation_id=found[0].id, decision=decision)
    click.echo(f"{decided.name} is verified.")


@users.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Close the account with the address EMAIL and sign it out everywhere."""
    with changing() as session:
        person = queries.person_by_email(session, email)
        if person is None:
            raise CannotStart(f"there is no account with the address {email}.")
        ended = service.disable_person(session, actor=OPERATOR, person=person)
    click.echo(f"The account is closed; {ended} sessions ended.")
