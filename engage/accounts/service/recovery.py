"""Confirming an address, setting a new password, changing what an account says."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.models import Person
from engage.accounts.service import passwords
from engage.accounts.service.sessions import end_sessions
from engage.accounts.service.tokens import person_to_reset, person_to_verify
from engage.audit.service import record
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.outbox.service import works_again

LINK_DEAD = "This link has expired or was used already. Ask for a new one."


def verify_email(session: Session, *, token: str) -> Person:
    """Confirm the address that ``token`` was mailed to; a second time changes nothing.

    The link proves that mail arrives, so that mail goes there again if it had stopped. Side effects: the person, an
    audit line. Raises ``Conflict`` for a dead link.
    """
    person = person_to_verify(session, token)
    if person is None:
        raise Conflict(LINK_DEAD)
    works_again(session, email=person.email, actor=_actor(person))
    if person.email_verified_at is None:
        person.email_verified_at = clock.now()
        record(session, actor=_actor(person), tag="accounts:person:verified", subject=f"person:{person.id}")
    return person


def reset_password(session: Session, *, token: str, password: str) -> Person:
    """Set the password of whoever ``token`` was mailed to and end all their sessions.

    The link proves that the address is theirs and that mail arrives, so it is confirmed too, and mail goes there again
    if it had stopped. Side effects: the person, their
    sessions, an audit line. Raises ``Conflict`` for a dead link, ``Invalid`` (field ``password``) for a
    poor password.
    """
    person = person_to_reset(session, token)
    if person is None:
        raise Conflict(LINK_DEAD)
    session.refresh(person, with_for_update=True)
    if person_to_reset(session, token) is None:  # somebody used it while we waited for the row
        raise Conflict(LINK_DEAD)
    passwords.check(password, about=(person.name, person.email))
    _set_password(person, password)
    person.email_verified_at = person.email_verified_at or clock.now()
    works_again(session, email=person.email, actor=_actor(person))
    ended = end_sessions(session, person_id=person.id)
    record(
        session,
        actor=_actor(person),
        tag="accounts:person:password_reset",
        subject=f"person:{person.id}",
        sessions_ended=ended,
    )
    return person


def change_password(session: Session, *, actor: Actor, token: str, current: str, password: str) -> None:
    """Change the actor's password, given the present one; end their other sessions, not the one with
    ``token``.

    Side effects: the person, the other sessions, an audit line. Raises ``Invalid`` on the field ``current``
    or ``password``.
    """
    person = _own(session, actor)
    if not passwords.verify(person.password_hash, current):
        raise Invalid({"current": "This is not your current password"})
    passwords.check(password, about=(person.name, person.email, actor.organisation_name))
    _set_password(person, password)
    ended = end_sessions(session, person_id=person.id, but=token)
    record(
        session,
        actor=actor,
        tag="accounts:person:password_changed",
        subject=f"person:{person.id}",
        sessions_ended=ended,
    )


def rename(session: Session, *, actor: Actor, name: str) -> None:
    """Change the actor's own name. Side effects: the person, an audit line."""
    _own(session, actor).name = name
    record(session, actor=actor, tag="accounts:person:renamed", subject=f"person:{actor.person_id}")


def _own(session: Session, actor: Actor) -> Person:
    person = queries.person(session, actor.person_id)
    if person is None:
        raise NotFound
    return person


def _set_password(person: Person, password: str) -> None:
    person.password_hash = passwords.hash_password(password)
    person.password_changed_at = clock.now()


def _actor(person: Person) -> Actor:
    return queries.actor_of(person, None)
