"""Who was told of a challenge outside its page, from every room: those who have to hear that it changed or ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.advisory import queries as advisory
from engage.challenges.models import Challenge
from engage.consultation import queries as consultation
from engage.matchmaking import queries as matchmaking
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.suppliers.models import Supplier

STANDING = (InvitationState.SENT, InvitationState.ACCEPTED)
TAKEN_BACK = InvitationState.WITHDRAWN
"""With the challenge itself; who had accepted is told by nobody else."""


@dataclass(frozen=True)
class Reader:
    """Somebody of a supplier who was told of a challenge, and why they hear of it again."""

    person: Person
    supplier: Supplier
    why: str
    invitation: Invitation | None = None


def people(session: Session, *, challenge: Challenge) -> Sequence[Reader]:
    """Return the people of suppliers who were told of ``challenge`` by a letter or took part, each address once.

    In this order: everybody of the invited suppliers (sent or accepted, and those taken back with a challenge that
    was withdrawn), who volunteered, who asked a question. Who no longer acts for the supplier is left out.
    """
    found: dict[str, Reader] = {}
    for reader in chain(
        _invited(session, challenge), _volunteers(session, challenge), _askers(session, challenge)
    ):
        found.setdefault(reader.person.email.lower(), reader)
    return list(found.values())


def _invited(session: Session, challenge: Challenge) -> Iterator[Reader]:
    states = STANDING if challenge.withdrawn_at is None else (*STANDING, TAKEN_BACK)
    for invitation in matchmaking.for_challenge(session, challenge_id=challenge.id):
        if invitation.sent_at is None or invitation.state not in states:
            continue
        supplier = invitation.supplier
        why = f"You get this email because {supplier.organisation.name} was invited to this challenge."
        for person in accounts.people_of(session, organisation_id=supplier.organisation_id):
            yield Reader(person, supplier, why, invitation)


def _volunteers(session: Session, challenge: Challenge) -> Iterator[Reader]:
    for person, supplier in advisory.volunteers(session, challenge_id=challenge.id):
        if _acts_for(session, person, supplier):
            why = f"You get this email because you offered help for {supplier.organisation.name}."
            yield Reader(person, supplier, why)


def _askers(session: Session, challenge: Challenge) -> Iterator[Reader]:
    for person, supplier in consultation.askers(session, challenge_id=challenge.id):
        if _acts_for(session, person, supplier):
            yield Reader(
                person, supplier, "You get this email because you asked a question about this challenge."
            )


def _acts_for(session: Session, person: Person, supplier: Supplier) -> bool:
    return accounts.is_active_member(session, person_id=person.id, organisation_id=supplier.organisation_id)
