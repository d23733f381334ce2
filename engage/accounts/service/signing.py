"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.models import Membership, Person
from engage.accounts.service import passwords
from engage.accounts.service.sessions import start_session
from engage.audit.service import record
from engage.kernel import clock
from engage.kernel.actor import Actor


class Outcome(StrEnum):
    """How a try to sign in ended."""

    SIGNED_IN = "signed in"
    WRONG = "wrong"
    """No such account, or not its password: nobody is told which."""
    UNVERIFIED = "unverified"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Attempt:
    """A try to sign in; ``token`` and ``actor`` only when it succeeded."""

    outcome: Outcome
    person: Person | None
    token: str = ""
    actor: Actor | None = None


def sign_in(session: Session, *, email: str, password: str, browser: str = "") -> Attempt:
    """Check a password and open a session for its owner.

    Takes the same time for an unknown address. What is wrong with an account (not verified, disabled) is
    only found out with the right password. Side effects of a success: the hash is renewed when its
    parameters are old, a session, an audit line. A refusal changes nothing; ``note_refusal`` records it.
    """
    person = queries.person_by_email(session, email)
    if not passwords.verify(person.password_hash if person else None, password) or person is None:
        return Attempt(Outcome.WRONG, person)
    if person.disabled_at:
        return Attempt(Outcome.DISABLED, person)
    if person.email_verified_at is None:
        return Attempt(Outcome.UNVERIFIED, person)
    if passwords.outdated(person.password_hash):
        person.password_hash = passwords.hash_password(password)
    membership = starting_membership(session, person)
    token = start_session(session, person=person, membership=membership, browser=browser)
    actor = queries.actor_of(person, membership)
    record(session, actor=actor, tag="accounts:person:signed_in", subject=f"person:{person.id}")
    return Attempt(Outcome.SIGNED_IN, person, token, actor)


def note_refusal(session: Session, *, person_id: int | None, outcome: Outcome) -> None:
    """Record that somebody was refused: for which account, if there is one, and why; never the address
    tried.
    """
    record(
        session,
        actor=None,
        tag="accounts:person:sign_in_refused",
        subject=f"person:{person_id or 'unknown'}",
        why=outcome.value,
    )


def sign_out(session: Session, *, actor: Actor, token: str) -> None:
    """End the session with ``token``, on the server. Side effects: the row, an audit line."""
    row = queries.live_session(session, token)
    if row is not None:
        row.revoked_at = clock.now()
        record(session, actor=actor, tag="accounts:person:signed_out", subject=f"person:{actor.person_id}")


def starting_membership(session: Session, person: Person) -> Membership | None:
    """Return what to act as after signing in: what the person acted as last, else the oldest live
    membership.
    """
    live = queries.memberships(session, person_id=person.id)
    last = queries.last_membership_id(session, person_id=person.id)
    return next((each for each in live if each.id == last), live[0] if live else None)
