"""The people of an organisation: asking somebody to join, joining, leaving.

An invitation is only a signed link in a mail. Nobody becomes a member before they have opened it, so that
typing an address in tells nothing about who has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.models import Organisation, Person
from engage.accounts.policy import AccountPermission
from engage.accounts.service import passwords
from engage.accounts.service.letters import days, url
from engage.accounts.service.people import add_member, create_person, start_afresh
from engage.accounts.service.registration import check_email
from engage.accounts.service.tokens import JOIN_LASTS, join_token, read_join_token
from engage.audit.service import record
from engage.kernel import clock
from engage.kernel.actor import ROLES_OF, Actor, Role
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.ids import short_id
from engage.outbox.service import post

LINK_DEAD = "This link has expired or does not hold any more. Ask for a new one."


@dataclass(frozen=True)
class Offer:
    """What an invitation offers, and to whom.

    ``person`` is who has an account with a confirmed address, ``unconfirmed`` one that anybody may have
    registered: whoever opens the link counts as new.
    """

    organisation: Organisation
    email: str
    roles: frozenset[Role]
    inviter: Person
    person: Person | None
    unconfirmed: Person | None = None


def invite(session: Session, *, actor: Actor, email: str, roles: Iterable[str]) -> None:
    """Ask whoever has the address to join the actor's organisation with ``roles``.

    Side effects: a letter with a signed link, an audit line. Raises ``Conflict`` while the organisation is
    not verified, ``Invalid`` (fields ``email``, ``roles``) for an address or roles that do not fit its
    kind.
    """
    organisation = queries.organisation(session, actor.organisation_id or 0)
    if organisation is None or not organisation.verified:
        raise Conflict("Your organisation has to be verified before you can add people to it.")
    given = frozenset(Role(role) for role in roles)
    if not given or not given <= ROLES_OF[organisation.kind]:
        raise Invalid({"roles": "Choose what they may do"})
    check_email(kind=organisation.kind, email=email)
    token = join_token(
        organisation_id=organisation.id, email=email, roles=sorted(given), inviter_id=actor.person_id
    )
    post(
        session,
        template="join_organisation",
        to=email,
        context={
            "organisation": organisation.name,
            "inviter": actor.person_name,
            "roles": [role.label for role in sorted(given)],
            "link": url("join", token),
            "lasts": days(JOIN_LASTS),
        },
        dedupe_key=f"join_organisation:{organisation.id}:{short_id()}",
        why=f"You get this email because {actor.person_name} asked you to act for {organisation.name} on engage.",
        sender=actor,
    )
    record(
        session,
        actor=actor,
        tag="accounts:organisation:invited",
        subject=f"organisation:{organisation.id}",
        roles=sorted(given),
    )


def read_offer(session: Session, token: str) -> Offer | None:
    """Return what the link offers; ``None`` when it is forged or too old, or when it does not hold any more.

    It holds while the organisation is verified and the inviter, whose account is open, may still add people
    to it; and until the person leaves.
    """
    read = read_join_token(token)
    organisation = queries.organisation(session, read.organisation_id) if read else None
    if read is None or organisation is None or not organisation.verified:
        return None
    inviter = queries.member(session, person_id=read.inviter_id, organisation_id=organisation.id)
    if inviter is None or inviter.person.disabled_at:
        return None
    if AccountPermission.MANAGE_PEOPLE.roles.isdisjoint(map(Role, inviter.roles)):
        return None
    person = queries.person_by_email(session, read.email)
    if person and (person.disabled_at or _left_since(session, person, organisation, read.issued_at)):
        return None
    known, unconfirmed = (person, None) if person and person.email_verified_at else (None, person)
    roles = frozenset(map(Role, read.roles))
    return Offer(organisation, read.email, roles, inviter.person, known, unconfirmed)


def join(session: Session, *, token: str, name: str = "", password: str = "") -> Person:
    """Accept what the link offers; a second time changes nothing. Somebody new gives ``name`` and
    ``password``.

    The link proves that the address is theirs. Side effects: the person if new, or made anew if theirs was
    never confirmed (``start_afresh``); the membership, audit lines. Raises ``Conflict`` for a dead link,
    ``Invalid`` (field ``password``) for a poor password.
    """
    offer = read_offer(session, token)
    if offer is None:
        raise Conflict(LINK_DEAD)
    person = offer.person or offer.unconfirmed
    if offer.person is None:
        passwords.check(password, about=(name, offer.email, offer.organisation.name))
    if person is None:
        person = create_person(session, name=name, email=offer.email, password=password, verified=True)
    elif offer.unconfirmed:
        start_afresh(
            session, person=person, name=name, password=password, actor=queries.actor_of(person, None)
        )
    add_member(
        session,
        person=person,
        organisation=offer.organisation,
        roles=offer.roles,
        actor=queries.actor_of(person, None),
    )
    return person


def end_membership(session: Session, *, actor: Actor, membership_id: int) -> Person:
    """Take somebody out of the actor's organisation; what they did for it stays.

    Side effects: the membership, an audit line. Raises ``NotFound`` when they are not of it, ``Conflict``
    when nobody would be left who may look after its people.
    """
    organisation_id = actor.organisation_id or 0
    queries.lock_organisation(session, organisation_id)
    live = queries.members(session, organisation_id=organisation_id)
    leaving = next((each for each in live if each.id == membership_id), None)
    if leaving is None:
        raise NotFound
    managers = AccountPermission.MANAGE_PEOPLE.roles
    if not any(managers.intersection(map(Role, each.roles)) for each in live if each is not leaving):
        raise Conflict(
            "Nobody would be left to look after the people of your organisation: add somebody first."
        )
    leaving.ended_at = clock.now()
    record(
        session,
        actor=actor,
        tag="accounts:membership:ended",
        subject=f"organisation:{organisation_id}",
        person_id=leaving.person_id,
    )
    return leaving.person


def _left_since(session: Session, person: Person, organisation: Organisation, issued_at: datetime) -> bool:
    left_at = queries.last_left(session, person_id=person.id, organisation_id=organisation.id)
    return left_at is not None and left_at >= issued_at
