"""People and what they may do for organisations."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Organisation, Person
from engage.accounts.service.passwords import UNUSABLE, hash_password
from engage.accounts.service.sessions import end_sessions
from engage.audit.service import record
from engage.kernel import clock
from engage.kernel.actor import ROLES_OF, Anyone, Role, System
from engage.kernel.errors import Conflict, Invalid
from engage.outbox.service.posting import checked_address

LONGEST_NAME = 200
TAKEN = "There is already an account with this email address."


def create_person(
    session: Session,
    *,
    name: str,
    email: str,
    password: str | None,
    verified: bool,
    actor: Anyone | None = None,
) -> Person:
    """Add a person; without a password nobody can sign in until one is set by a mailed link.

    ``verified`` says that the address is known to be theirs. Whether the password is a good one is the
    caller's to check (``passwords.check``). Side effects: the row, an audit line. Raises ``Invalid`` (field
    ``email``) for what is no address, ``Conflict`` when the address has an account.
    """
    moment = clock.now()
    person = Person(
        name=name,
        email=checked_address(email),
        password_hash=hash_password(password) if password is not None else UNUSABLE,
        password_changed_at=moment,
        email_verified_at=moment if verified else None,
        created_at=moment,
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError as error:
        raise Conflict(TAKEN) from error
    record(
        session, actor=actor, tag="accounts:person:created", subject=f"person:{person.id}", verified=verified
    )
    return person


def start_afresh(
    session: Session, *, person: Person, name: str, password: str | None, actor: Anyone | None = None
) -> None:
    """Hand an account whose address was never confirmed to whoever has the address.

    Anybody may have registered it, so nothing of it is trusted: name and password are set anew (without one
    nobody can sign in until one is set by a mailed link). Side effects: the person, whose address counts as
    confirmed from now on; their sessions and memberships end; an audit line. An address that was confirmed
    meanwhile changes nothing. Whether the password is a good one is the caller's to check.
    """
    session.refresh(person, with_for_update=True)
    if person.email_verified_at:
        return
    moment = clock.now()
    person.name = name
    person.password_hash = hash_password(password) if password is not None else UNUSABLE
    person.password_changed_at = person.email_verified_at = moment
    never_confirmed = (
        sa.update(Membership)
        .where(Membership.person_id == person.id, Membership.ended_at.is_(None))
        .values(ended_at=moment)
        .returning(Membership.id)
    )
    left = len(session.scalars(never_confirmed).all())
    record(
        session,
        actor=actor or System(),
        tag="accounts:person:started_afresh",
        subject=f"person:{person.id}",
        sessions_ended=end_sessions(session, person_id=person.id),
        memberships_ended=left,
    )


def add_member(
    session: Session,
    *,
    person: Person,
    organisation: Organisation,
    roles: Iterable[Role],
    actor: Anyone | None = None,
) -> Membership:
    """Let ``person`` act for ``organisation`` with ``roles``; a live membership gets them in addition to
    its own.

    Side effects: the row, an audit line. Raises ``Invalid`` (field ``roles``) for no role at all or one
    that does not exist in an organisation of that kind.
    """
    given = {Role(role) for role in roles}
    if not given or not given <= ROLES_OF[organisation.kind]:
        raise Invalid({"roles": f"Choose roles that people have in a {organisation.kind.value}"})
    live = sa.select(Membership).where(
        Membership.person_id == person.id,
        Membership.organisation_id == organisation.id,
        Membership.ended_at.is_(None),
    )
    membership = session.scalar(live.with_for_update())
    if membership is None:
        membership = Membership(
            person=person, organisation=organisation, roles=_stored(given), created_at=clock.now()
        )
        session.add(membership)
    else:
        membership.roles = _stored(given | {Role(role) for role in membership.roles})
    session.flush()
    record(
        session,
        actor=actor or System(),
        tag="accounts:membership:given",
        subject=f"organisation:{organisation.id}",
        person_id=person.id,
        roles=membership.roles,
    )
    return membership


def _stored(roles: Iterable[Role]) -> list[str]:
    return sorted(role.value for role in roles)


def disable_person(session: Session, *, actor: Anyone, person: Person) -> int:
    """Close an account: nobody signs in with it, and every session of it ends now; return how many did.

    Side effects: the person, the sessions, an audit line. A closed account stays closed; a second time
    changes nothing.
    """
    if person.disabled_at:
        return 0
    person.disabled_at = clock.now()
    ended = end_sessions(session, person_id=person.id)
    record(
        session,
        actor=actor,
        tag="accounts:person:disabled",
        subject=f"person:{person.id}",
        sessions_ended=ended,
    )
    return ended
