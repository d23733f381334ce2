"""Signed-in sessions: kept on the server, ended from there."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.models import Membership, Person, SignedInSession
from engage.audit.service import record
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import NotFound
from engage.kernel.ids import secret_token
from engage.kernel.text import sha256

SESSION_LASTS = timedelta(hours=12)
KEPT = timedelta(days=14)


def start_session(
    session: Session, *, person: Person, membership: Membership | None, browser: str = ""
) -> str:
    """Open a signed-in session for ``person`` acting through ``membership`` and return its token.

    Only the token's hash is stored; the session ends by itself after ``SESSION_LASTS``.
    """
    token = secret_token()
    moment = clock.now()
    session.add(
        SignedInSession(
            token_hash=sha256(token),
            person=person,
            membership=membership,
            created_at=moment,
            expires_at=moment + SESSION_LASTS,
            browser=browser[:200],
        )
    )
    return token


def end_session(session: Session, *, actor: Actor, session_id: int) -> SignedInSession:
    """End one of the actor's own sessions. Side effects: the row, an audit line.

    Raises ``NotFound`` when it is not theirs or has ended.
    """
    row = next(
        (each for each in queries.live_sessions(session, actor.person_id) if each.id == session_id), None
    )
    if row is None:
        raise NotFound
    row.revoked_at = clock.now()
    record(session, actor=actor, tag="accounts:session:ended", subject=f"person:{actor.person_id}")
    return row


def end_sessions(session: Session, *, person_id: int, but: str | None = None) -> int:
    """End every live session of a person, except the one with the token ``but``; return how many ended."""
    moment = clock.now()
    ended = (
        sa.update(SignedInSession)
        .where(
            SignedInSession.person_id == person_id,
            SignedInSession.revoked_at.is_(None),
            SignedInSession.expires_at > moment,
        )
        .values(revoked_at=moment)
        .returning(SignedInSession.id)
    )
    if but is not None:
        ended = ended.where(SignedInSession.token_hash != sha256(but))
    return len(session.scalars(ended).all())


def act_as(session: Session, *, actor: Actor, token: str, membership_id: int) -> Membership:
    """Let the session with ``token`` act through another membership of the same person.

    Side effects: the session row, an audit line. Raises ``NotFound`` for a membership that is not theirs or
    has ended.
    """
    chosen = next(
        (
            each
            for each in queries.memberships(session, person_id=actor.person_id)
            if each.id == membership_id
        ),
        None,
    )
    row = queries.live_session(session, token)
    if chosen is None or row is None:
        raise NotFound
    row.membership = chosen
    record(
        session,
        actor=queries.actor_of(chosen.person, chosen),
        tag="accounts:session:acts_as",
        subject=f"person:{actor.person_id}",
        organisation_id=chosen.organisation_id,
    )
    return chosen


def remove_ended(session: Session) -> None:
    """Remove the rows of sessions that ended or expired ``KEPT`` ago: where people were is not kept longer."""
    before = clock.now() - KEPT
    over = sa.or_(SignedInSession.revoked_at < before, SignedInSession.expires_at < before)
    session.execute(sa.delete(SignedInSession).where(over))
