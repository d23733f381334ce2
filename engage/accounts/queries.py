"""Reading accounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from engage.accounts.enums import JoinState, OrganisationState
from engage.accounts.models import (
    JoinRequest,
    Membership,
    Organisation,
    OrganisationIdentifier,
    Person,
    SignedInSession,
)
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.errors import NotFound
from engage.kernel.paging import Page, paginate
from engage.kernel.text import sha256


def actor_by_token(session: Session, token: str) -> Actor | None:
    """Return the actor of the live signed-in session with ``token``; ``None`` when revoked, expired or
    unknown.
    """
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
    """Return ``person`` acting through ``membership``; an ended membership gives no organisation and no
    roles.
    """
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


def person(session: Session, person_id: int) -> Person | None:
    """Return a person by id."""
    return session.get(Person, person_id)


def people_of(session: Session, *, organisation_id: int) -> Sequence[Person]:
    """Return everybody who acts for the organisation and can be written to, by id."""
    query = (
        sa.select(Person)
        .join(Membership)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.ended_at.is_(None),
            Person.disabled_at.is_(None),
            Person.email_verified_at.is_not(None),
        )
        .order_by(Person.id)
    )
    return session.scalars(query).all()


def readers_for(session: Session, *, person: Person, organisation_id: int) -> Sequence[Person]:
    """Return whom to tell what was meant for ``person``: them while they act for the organisation, else all who do."""
    if is_active_member(session, person_id=person.id, organisation_id=organisation_id):
        return [person]
    return people_of(session, organisation_id=organisation_id)


def members(session: Session, *, organisation_id: int) -> Sequence[Membership]:
    """Return the live memberships of an organisation with their people, by id: one statement."""
    query = (
        sa.select(Membership)
        .where(Membership.organisation_id == organisation_id, Membership.ended_at.is_(None))
        .options(joinedload(Membership.person))
        .order_by(Membership.id)
    )
    return session.scalars(query).all()


def memberships(session: Session, *, person_id: int) -> Sequence[Membership]:
    """Return the live memberships of a person with their organisations, by id: one statement."""
    query = (
        sa.select(Membership)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .options(joinedload(Membership.organisation), joinedload(Membership.person))
        .order_by(Membership.id)
    )
    return session.scalars(query).all()


def member(session: Session, *, person_id: int, organisation_id: int) -> Membership | None:
    """Return the live membership of a person in an organisation, with the person."""
    query = (
        sa.select(Membership)
        .where(
            Membership.person_id == person_id,
            Membership.organisation_id == organisation_id,
            Membership.ended_at.is_(None),
        )
        .options(joinedload(Membership.person))
    )
    return session.scalar(query)


def is_active_member(session: Session, *, person_id: int, organisation_id: int) -> bool:
    """Tell whether the person acts for the organisation now: a live membership, and an account not closed."""
    found = member(session, person_id=person_id, organisation_id=organisation_id)
    return found is not None and found.person.disabled_at is None


def last_left(session: Session, *, person_id: int, organisation_id: int) -> datetime | None:
    """Return when the person was last taken out of the organisation."""
    query = sa.select(sa.func.max(Membership.ended_at)).where(
        Membership.person_id == person_id, Membership.organisation_id == organisation_id
    )
    return session.scalar(query)


def join_requests(session: Session, *, organisation_id: int) -> Sequence[JoinRequest]:
    """Return the requests to act for an organisation that wait for an answer, the oldest first."""
    query = (
        sa.select(JoinRequest)
        .where(JoinRequest.organisation_id == organisation_id, JoinRequest.state == JoinState.WAITING)
        .order_by(JoinRequest.id)
    )
    return session.scalars(query).all()


def join_request(session: Session, *, organisation_id: int | None, request_id: int) -> JoinRequest:
    """Return a request to act for an organisation. Raises ``NotFound``, also for one of another organisation."""
    found = session.get(JoinRequest, request_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound
    return found


def lock_organisation(session: Session, organisation_id: int) -> None:
    """Make others who change the people of this organisation wait until the transaction ends."""
    held = sa.select(Organisation.id).where(Organisation.id == organisation_id)
    session.execute(held.with_for_update(key_share=True))


def keep_organisations(session: Session, ids: Collection[int]) -> None:
    """Make who suspends or merges these organisations wait until the transaction ends; locked by id."""
    kept = sa.select(Organisation.id).where(Organisation.id.in_(ids)).order_by(Organisation.id)
    session.execute(kept.with_for_update(read=True))


def last_membership_id(session: Session, *, person_id: int) -> int | None:
    """Return what the person acted through in their latest session."""
    query = (
        sa.select(SignedInSession.membership_id)
        .where(SignedInSession.person_id == person_id)
        .order_by(SignedInSession.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def live_sessions(session: Session, person_id: int) -> Sequence[SignedInSession]:
    """Return the person's sessions that have not ended, newest first."""
    query = (
        sa.select(SignedInSession)
        .where(
            SignedInSession.person_id == person_id,
            SignedInSession.revoked_at.is_(None),
            SignedInSession.expires_at > clock.now(),
        )
        .order_by(SignedInSession.id.desc())
    )
    return session.scalars(query).all()


def live_session(session: Session, token: str) -> SignedInSession | None:
    """Return the session with ``token`` when it has not ended."""
    query = sa.select(SignedInSession).where(
        SignedInSession.token_hash == sha256(token),
        SignedInSession.revoked_at.is_(None),
        SignedInSession.expires_at > clock.now(),
    )
    return session.scalar(query)


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


def nobody_confirmed(session: Session, organisation: Organisation) -> bool:
    """Tell whether only unconfirmed addresses stand behind ``organisation``: anybody may have registered it.

    One that was ever decided about, or came without people, is not of that kind.
    """
    of_it = Membership.organisation_id == organisation.id
    confirmed = sa.and_(Membership.ended_at.is_(None), Person.email_verified_at.is_not(None))
    query = sa.select(sa.func.count(), sa.func.count().filter(confirmed)).select_from(Membership)
    everybody_of_it, who_confirmed = session.execute(query.join(Person).where(of_it)).one()
    pending = organisation.state is OrganisationState.PENDING
    return bool(pending and everybody_of_it and not who_confirmed)


def count_pending_organisations(session: Session) -> int:
    """Return how many organisations wait for the platform's team."""
    query = sa.select(sa.func.count()).where(Organisation.state == OrganisationState.PENDING)
    return session.scalar(query) or 0


def organisations(
    session: Session, *, page: int, state: OrganisationState | None = None, words: str = ""
) -> Page[Organisation]:
    """Return one page of organisations with their identifiers: those that wait first, then newest first.

    Narrowed to a state, and to names that contain ``words``. Three statements.
    """
    waiting_first = sa.case((Organisation.state == OrganisationState.PENDING, 0), else_=1)
    query = (
        sa.select(Organisation)
        .options(selectinload(Organisation.identifiers))
        .order_by(waiting_first, Organisation.id.desc())
    )
    if state is not None:
        query = query.where(Organisation.state == state)
    if words:
        query = query.where(Organisation.name.icontains(words, autoescape=True))
    return paginate(session, query, page=page)


def organisation_counts(session: Session) -> dict[OrganisationState, int]:
    """Return how many organisations there are in each state, every state included: one statement."""
    query = sa.select(Organisation.state, sa.func.count()).group_by(Organisation.state)
    found: dict[OrganisationState, int] = {row[0]: row[1] for row in session.execute(query)}
    return {state: found.get(state, 0) for state in OrganisationState}


def organisations_named(session: Session, *, name: str) -> Sequence[Organisation]:
    """Return the organisations with this name, without regard to case, oldest first."""
    query = sa.select(Organisation).where(sa.func.lower(Organisation.name) == name.strip().lower())
    return session.scalars(query.order_by(Organisation.id)).all()


def everybody(session: Session) -> Sequence[Person]:
    """Return every person by address, with live and ended memberships and their organisations: two
    statements.
    """
    query = (
        sa.select(Person)
        .options(selectinload(Person.memberships).joinedload(Membership.organisation))
        .order_by(sa.func.lower(Person.email))
    )
    return session.scalars(query).all()
