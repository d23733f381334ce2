"""Sessions and seats as rows, for those who run them and those who attend."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from engage.advisory.enums import TO_COME, SeatState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession, Seat
from engage.challenges import policy as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import NotFound
from engage.suppliers.models import Supplier


def upcoming_of_department(session: Session, *, organisation_id: int) -> Sequence[AdvisorySession]:
    """Return a department's scheduled sessions that have not ended, soonest first, with their challenges."""
    query = (
        sa.select(AdvisorySession)
        .join(AdvisorySession.challenge)
        .options(contains_eager(AdvisorySession.challenge))
        .where(
            Challenge.organisation_id == organisation_id,
            AdvisorySession.state == SessionState.SCHEDULED,
            AdvisorySession.ends_at > clock.now(),
        )
        .order_by(AdvisorySession.starts_at, AdvisorySession.id)
    )
    return session.scalars(query).all()


def sessions_of_challenge(session: Session, *, challenge_id: int) -> Sequence[AdvisorySession]:
    """Return all sessions of a challenge in order of time, with their seats, suppliers and people."""
    query = (
        sa.select(AdvisorySession)
        .where(AdvisorySession.challenge_id == challenge_id)
        .options(*_with_seats())
        .order_by(AdvisorySession.starts_at, AdvisorySession.id)
    )
    return session.scalars(query).all()


def session_by_id(session: Session, session_id: int) -> AdvisorySession:
    """Return a session by its id, for reactions; whoever asks has decided who may read it."""
    return session.get_one(AdvisorySession, session_id)


def department_session(session: Session, *, ref: str, actor: Actor) -> AdvisorySession:
    """Return a session for work inside its department, with its challenge and seats.

    Raises ``NotFound`` when there is none, and when ``actor`` is neither of the department nor an auditor.
    """
    found = session_by_ref(session, ref=ref)
    if not challenges.can_see(actor, found.challenge):
        raise NotFound
    return found


def session_by_ref(session: Session, *, ref: str) -> AdvisorySession:
    """Return a session with its challenge and seats, whoever asks. Raises ``NotFound``."""
    query = (
        sa.select(AdvisorySession)
        .where(AdvisorySession.ref == ref)
        .options(joinedload(AdvisorySession.challenge).joinedload(Challenge.organisation), *_with_seats())
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def session_wanted(session: Session, *, ref: str) -> AdvisorySession:
    """Return a session for who wants a place in it: without its seats, which can be many. Raises ``NotFound``."""
    found = session.scalar(sa.select(AdvisorySession).where(AdvisorySession.ref == ref))
    if found is None:
        raise NotFound
    return found


def _with_seats() -> tuple[sa.orm.interfaces.ORMOption, ...]:
    seats = selectinload(AdvisorySession.seats)
    return (
        seats.joinedload(Seat.supplier),
        seats.joinedload(Seat.person),
        seats.joinedload(Seat.invitation),
    )


def live_seats(found: AdvisorySession) -> list[Seat]:
    """Return the seats of ``found`` that have not been released, in the order they were taken."""
    return [seat for seat in found.seats if seat.state is not SeatState.RELEASED]


def sessions_of_supplier(session: Session, *, supplier_id: int) -> Sequence[Seat]:
    """Return a supplier's seats, without those released, in order of time, with session and challenge."""
    query = (
        sa.select(Seat)
        .join(Seat.session)
        .options(
            contains_eager(Seat.session)
            .joinedload(AdvisorySession.challenge)
            .joinedload(Challenge.organisation),
            joinedload(Seat.person),
            joinedload(Seat.invitation),
        )
        .where(Seat.supplier_id == supplier_id, Seat.state != SeatState.RELEASED)
        .order_by(AdvisorySession.starts_at, Seat.id)
    )
    return session.scalars(query).all()


def sessions_left(session: Session, *, challenge_id: int) -> bool:
    """Tell whether who is invited to a challenge now can find a session: one takes places, or none was planned yet.

    One-to-one talks are for those who asked for one, and a session that was cancelled says nothing.
    """
    until = sa.func.coalesce(AdvisorySession.closes_at, AdvisorySession.starts_at)
    takes_places = sa.and_(AdvisorySession.state == SessionState.SCHEDULED, until > clock.now())
    planned = sa.select(sa.func.count(), sa.func.count().filter(takes_places)).where(
        AdvisorySession.challenge_id == challenge_id,
        AdvisorySession.state != SessionState.CANCELLED,
        AdvisorySession.format != SessionFormat.ONE_TO_ONE,
    )
    number, taking = session.execute(planned).one()
    return taking > 0 or number == 0


def seat_to_come(session: Session, *, invitation_id: int) -> Seat | None:
    """Return the place an invitation holds in a session that is not over, with that session and who attends."""
    query = (
        sa.select(Seat)
        .join(Seat.session)
        .where(
            Seat.invitation_id == invitation_id,
            Seat.state.in_(TO_COME),
            AdvisorySession.ends_at > clock.now(),
        )
        .options(contains_eager(Seat.session).joinedload(AdvisorySession.challenge), joinedload(Seat.person))
    )
    return session.scalar(query)


def seat_by_id(session: Session, *, seat_id: int) -> Seat:
    """Return a seat with its session, supplier and invitation. Raises ``NotFound``."""
    query = sa.select(Seat).where(Seat.id == seat_id)
    loaded = query.options(joinedload(Seat.session), joinedload(Seat.supplier), joinedload(Seat.invitation))
    found = session.scalar(loaded)
    if found is None:
        raise NotFound
    return found


def own_supplier(session: Session, *, actor: Actor) -> Supplier:
    """Return the supplier that ``actor`` acts for, without its statements. Raises ``NotFound``."""
    query = sa.select(Supplier).where(Supplier.organisation_id == actor.organisation_id)
    found = session.scalar(query)
    if found is None:
        raise NotFound("This organisation has no supplier profile.")
    return found
