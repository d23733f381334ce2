"""What people need to be able to take part: for who asked, and for who runs the session. For nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from engage.advisory.enums import TO_COME, NeedState, SessionState, WaitingState
from engage.advisory.models import AccessNeed, AdvisorySession, Seat, WaitingPlace
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.due import Due, Who
from engage.kernel.errors import NotFound
from engage.kernel.uktime import to_uk, uk_date
from engage.kernel.workdays import workdays_between
from engage.suppliers.models import Supplier

NOTICE = 3
"""How many working days before the session everything has to be arranged, or it is late."""


def own_part(session: Session, *, meeting: AdvisorySession, actor: Actor) -> int | None:
    """Return the id of the supplier for which ``actor`` is to attend ``meeting`` or waits for a place, if any."""
    held = sa.select(Seat.supplier_id).where(
        Seat.session_id == meeting.id,
        Seat.person_id == actor.person_id,
        Seat.state.in_(TO_COME),
    )
    waits = sa.select(WaitingPlace.supplier_id).where(
        WaitingPlace.session_id == meeting.id,
        WaitingPlace.person_id == actor.person_id,
        WaitingPlace.state == WaitingState.WAITING,
    )
    either = held.union(waits).subquery()
    query = sa.select(Supplier.id).where(
        Supplier.id.in_(sa.select(either.c.supplier_id)), Supplier.organisation_id == actor.organisation_id
    )
    return session.scalar(query)


def needs_of_person(session: Session, *, session_id: int, person_id: int) -> Sequence[AccessNeed]:
    """Return what one person asked for in one session, in the order in which they asked."""
    query = sa.select(AccessNeed).where(
        AccessNeed.session_id == session_id, AccessNeed.person_id == person_id
    )
    return session.scalars(query.options(joinedload(AccessNeed.owner)).order_by(AccessNeed.id)).all()


def needs_of_session(session: Session, *, session_id: int) -> Sequence[AccessNeed]:
    """Return what was asked for in a session, for who runs it: what is open first."""
    query = (
        sa.select(AccessNeed)
        .where(AccessNeed.session_id == session_id)
        .options(joinedload(AccessNeed.owner), joinedload(AccessNeed.person), joinedload(AccessNeed.supplier))
        .order_by(AccessNeed.state != NeedState.ASKED, AccessNeed.id)
    )
    return session.scalars(query).all()


def open_needs(session: Session, *, challenge_id: int) -> dict[int, tuple[int, int]]:
    """Return how many needs were asked in each session of a challenge, and how many of them are open."""
    is_open = sa.func.count().filter(AccessNeed.state == NeedState.ASKED)
    query = (
        sa.select(AccessNeed.session_id, sa.func.count(), is_open)
        .join(AccessNeed.session)
        .where(AdvisorySession.challenge_id == challenge_id)
        .group_by(AccessNeed.session_id)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def need_by_id(session: Session, *, need_id: int) -> AccessNeed:
    """Return a need with its session and challenge. Raises ``NotFound``."""
    query = (
        sa.select(AccessNeed)
        .join(AccessNeed.session)
        .where(AccessNeed.id == need_id)
        .options(
            contains_eager(AccessNeed.session).joinedload(AdvisorySession.challenge),
            joinedload(AccessNeed.person),
            joinedload(AccessNeed.supplier),
            joinedload(AccessNeed.owner),
        )
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def due_needs(session: Session, mine: sa.ColumnElement[bool], who: Who) -> Iterator[Due]:
    """Give what is open in sessions to come, for the board: one line a session, late when it is near. One statement."""
    query = (
        sa.select(
            Challenge.ref,
            Challenge.title,
            AdvisorySession.ref,
            AdvisorySession.title,
            AdvisorySession.starts_at,
            sa.func.count(),
        )
        .join(AccessNeed.session)
        .join(AdvisorySession.challenge)
        .where(
            mine,
            AccessNeed.state == NeedState.ASKED,
            AdvisorySession.state == SessionState.SCHEDULED,
            AdvisorySession.starts_at > clock.now(),
        )
        .group_by(Challenge.id, AdvisorySession.id)
        .order_by(AdvisorySession.starts_at, AdvisorySession.id)
    )
    for ref, title, key, name, starts_at, number in session.execute(query):
        day = to_uk(starts_at).date()
        last = _arranged_by(day)
        needs = "1 access need" if number == 1 else f"{number} access needs"
        late = f"{needs} open for the session on {uk_date(day)}" if clock.uk_today() > last else ""
        path = f"/department/sessions/{key}/needs"
        yield Due(ref, title, f"Arrange {needs} for “{name}”", path, who, last, late)


def _arranged_by(day: date) -> date:
    """Return the last day that lies ``NOTICE`` working days before ``day``."""
    found = day
    while workdays_between(found, day) < NOTICE:
        found -= timedelta(days=1)
    return found
