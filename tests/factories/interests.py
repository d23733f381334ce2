"""Declared interests and steps against conflicts, as the services make them or, for the past, as rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Organisation
from engage.accounts.queries import actor_of
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.interests import service
from engage.interests.enums import Appearance, Kind, MitigationState
from engage.interests.models import Declaration, Mitigation
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind, Role
from tests.factories import accounts, challenges

SECRET_WORDS = "My sister runs their bids team."


def told(**values: Any) -> service.Told:
    """A job at Riverbank Ltd since two years, unless ``values`` say otherwise."""
    usual: dict[str, Any] = {
        "kind": Kind.RELATIONSHIP,
        "appearance": Appearance.ACTUAL,
        "counterpart": "Riverbank Ltd",
        "starts_on": clock.uk_today() - timedelta(days=730),
        "description": SECRET_WORDS,
    }
    return service.Told(**{**usual, **values})


def declared(
    session: Session,
    actor: Actor,
    *,
    counterpart: Organisation | str = "Riverbank Ltd",
    challenge: Challenge | None = None,
    **values: Any,
) -> Declaration:
    """What ``actor`` declares about an organisation, or about a name."""
    if isinstance(counterpart, Organisation):
        values |= {"number": counterpart.identifiers[0].value}
        counterpart = counterpart.name
    return service.declare(
        session, actor=actor, told=told(counterpart=counterpart, **values), challenge=challenge
    )


def department(session: Session) -> Organisation:
    return accounts.new_organisation(session, kind=OrganisationKind.DEPARTMENT)


def official(session: Session, challenge: Challenge, *roles: Role, name: str = "Olive Official") -> Actor:
    """Somebody of the department of ``challenge``; a facilitator unless ``roles`` say otherwise."""
    made = accounts.member(
        session, *(roles or (Role.FACILITATOR,)), organisation=challenge.organisation, name=name
    )
    return actor_of(made.person, made)


def author(session: Session, challenge: Challenge) -> Membership:
    """A membership, as policy author, for the author of ``challenge``."""
    return accounts.membership(
        session, person=challenge.author, organisation=challenge.organisation, roles={Role.POLICY_AUTHOR}
    )


def challenge(
    session: Session, *, state: ChallengeState = ChallengeState.ENGAGING, **values: Any
) -> Challenge:
    return challenges.challenge(session, state=state, **values)


def proposed(session: Session, challenge: Challenge, declaration: Declaration, **values: Any) -> Mitigation:
    """Steps proposed by a new approver, who owns them."""
    approver = official(session, challenge, Role.APPROVER, name="Ada Approver")
    today = clock.uk_today()
    usual: dict[str, Any] = {
        "steps": "She leaves the room while they speak, and does not see what they write.",
        "owner_id": approver.person_id,
        "due_on": today + timedelta(days=7),
        "review_on": today + timedelta(days=60),
    }
    return service.propose_mitigation(
        session, actor=approver, challenge=challenge, declaration=declaration, **{**usual, **values}
    )


def in_place(session: Session, challenge: Challenge, declaration: Declaration) -> Mitigation:
    """Steps that another approver has decided are in place."""
    steps = proposed(session, challenge, declaration)
    other = official(session, challenge, Role.APPROVER, name="Otto Other")
    return service.decide_mitigation(
        session, actor=other, mitigation=steps, state=MitigationState.IN_PLACE, reason="I have seen it done."
    )


def days(number: int) -> date:
    """Today and so many days."""
    return clock.uk_today() + timedelta(days=number)
