"""Addresses that get no mail: how one comes among them, and how it leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import NotFound
from engage.kernel.text import excerpt
from engage.outbox.enums import ASKED_FOR, LetterState, SuppressionKind
from engage.outbox.models import Letter, Suppression

ONE_A_DAY = timedelta(hours=24)
LONGEST_REASON = 300


def suppress(
    session: Session,
    *,
    email: str,
    reason: str,
    kind: SuppressionKind = SuppressionKind.ADDRESS,
    letter_id: int | None = None,
    actor: Anyone | None = None,
) -> bool:
    """Send no more mail to ``email`` until somebody lifts that; returns whether it is news.

    Side effects: the row, an audit line. Letters that wait are marked when their turn comes.
    """
    row = {
        "email": email.lower(),
        "kind": kind,
        "reason": excerpt(reason, length=LONGEST_REASON),
        "letter_id": letter_id,
        "at": clock.now(),
    }
    live = sa.text("lifted_at IS NULL")
    insert = postgresql.insert(Suppression).values(row)
    insert = insert.on_conflict_do_nothing(index_elements=["email"], index_where=live)
    added = session.scalar(insert.returning(Suppression.id))
    if added is not None:
        subject = f"suppression:{added}"
        audit.record(session, actor=actor, tag="outbox:suppression:added", subject=subject, kind=kind.value)
    return added is not None


def is_suppressed(session: Session, email: str) -> bool:
    """Tell whether ``email`` gets no mail."""
    return session.scalar(sa.select(live(email).exists())) or False


def holds_back(session: Session, letter: Letter) -> bool:
    """Tell whether a letter to an address that gets no mail must not go.

    What the person there asked for a moment ago goes nevertheless, each kind once in 24 hours: how else could they
    show that the address works? Each kind on its own, because some can be asked for by anybody: a stranger who asks
    for alerts keeps nobody from a new password.
    """
    if letter.template not in ASKED_FOR:
        return True
    tried = sa.select(Letter.id).where(
        sa.func.lower(Letter.recipient) == letter.recipient.lower(),
        Letter.template == letter.template,
        Letter.state.in_([LetterState.SENT, LetterState.FAILED]),
        Letter.attempts > 0,
        Letter.created_at > clock.now() - ONE_A_DAY,
        Letter.id != letter.id,
    )
    return session.scalar(sa.select(tried.exists())) or False


def lift(session: Session, *, suppression_id: int, actor: Actor) -> Suppression:
    """Let mail go to an address again, in the name of ``actor``; twice is as good as once. Raises ``NotFound``.

    Side effects: the row, which stays to say that it was so, an audit line.
    """
    found = session.get(Suppression, suppression_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    _lift(session, found, actor, by=actor.person_name)
    return found


def works_again(session: Session, *, email: str, actor: Actor | None = None) -> bool:
    """Let mail go to ``email`` again because the person there has shown that they read it; returns whether it was held.

    For those who have signed in with the address, or opened a letter to it and acted on it.
    """
    found = session.scalar(live(email).with_for_update())
    if found is None:
        return False
    _lift(session, found, actor, by="the person at this address")
    return True


def last_lifted(session: Session, email: str) -> datetime | None:
    """Return when mail to ``email`` was let go again the last time, ``None`` when it never was stopped."""
    query = sa.select(sa.func.max(Suppression.lifted_at)).where(Suppression.email == email.lower())
    found: datetime | None = session.scalar(query)
    return found


def stopped_for(email: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return whether the address in a column, in lower case, gets no mail."""
    return sa.exists().where(Suppression.email == email, Suppression.lifted_at.is_(None))


def live(email: str) -> sa.Select[Suppression]:
    """Select the suppression of an address that holds now."""
    return sa.select(Suppression).where(Suppression.email == email.lower(), Suppression.lifted_at.is_(None))


def _lift(session: Session, found: Suppression, actor: Anyone | None, *, by: str) -> None:
    if found.lifted_at is None:
        found.lifted_at, found.lifted_by = clock.now(), by
        session.flush()
        subject = f"suppression:{found.id}"
        audit.record(
            session, actor=actor, tag="outbox:suppression:lifted", subject=subject, kind=found.kind.value
        )
