"""Signed-in sessions: kept on the server, ended from there."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Person, SignedInSession
from engage.kernel import clock
from engage.kernel.ids import secret_token
from engage.kernel.text import sha256

SESSION_LASTS = timedelta(hours=12)


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
