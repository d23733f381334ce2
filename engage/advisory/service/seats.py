"""The one place where seats are taken and given back.

Order of locks, everywhere in this room: challenge, offer, invitation, session, seats. An acceptance locks its
invitation and then the rows of all sessions it may move between, by id (``lock_of``); whatever touches several
invitations locks all of them, by id, before the first session. A promotion from the waiting list holds the
session's row and no invitation: who waits there has to come past that row. Invitations are locked so that rows
which refer to them can be added meanwhile (``key_share``): a promotion adds one for an invitation that somebody
else may hold. So no two transactions ever wait for each other.

``advisory_session.taken`` equals the number of live seats at every commit. It goes up only by the
conditional update in ``take``: of all who ask for the last place at once, the row's lock lets one through
and shows the others a full session.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from engage.advisory.enums import SeatState, SessionState, WaitingState
from engage.advisory.errors import NoPlaces
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.kernel import clock
from engage.kernel.errors import Conflict
from engage.matchmaking.models import Invitation

TO_COME = (SeatState.OFFERED, SeatState.CONFIRMED)
_ONE_LIVE = {"uq_seat_live", "uq_seat_to_come"}


def lock_of(session: Session, *, invitation_ids: Collection[int], meeting_ids: Collection[int] = ()) -> None:
    """Lock, by id, every session in which invitations hold a place to come or wait for one, and ``meeting_ids``.

    The caller has locked the invitations. From here on nobody is promoted in those sessions: what is read
    afterwards stands.
    """
    held = sa.select(Seat.session_id).where(Seat.invitation_id.in_(invitation_ids), Seat.state.in_(TO_COME))
    waited_for = sa.select(WaitingPlace.session_id).where(
        WaitingPlace.invitation_id.in_(invitation_ids), WaitingPlace.state == WaitingState.WAITING
    )
    which = sa.or_(
        AdvisorySession.id.in_(held), AdvisorySession.id.in_(waited_for), AdvisorySession.id.in_(meeting_ids)
    )
    session.execute(sa.select(AdvisorySession.id).where(which).order_by(AdvisorySession.id).with_for_update())


def take(session: Session, *, meeting: AdvisorySession, invitation: Invitation, person_id: int) -> Seat:
    """Take one place in ``meeting`` for ``invitation``, whose row the caller has locked, and return the seat.

    Side effects, both or neither: ``taken`` goes up by one if a place is free, and a confirmed seat. Raises
    ``NoPlaces`` when the session is full, cancelled or has begun, and ``Conflict`` when the supplier already
    has a seat in it, or a place to come elsewhere by the same invitation.
    """
    now = clock.now()
    seat = Seat(
        session_id=meeting.id,
        supplier_id=invitation.supplier_id,
        invitation_id=invitation.id,
        person_id=person_id,
        state=SeatState.CONFIRMED,
        created_at=now,
        updated_at=now,
    )
    try:
        with session.begin_nested():
            _count_up(session, meeting)
            session.add(seat)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) not in _ONE_LIVE:
            raise
        raise Conflict("You already have a place. Give it up first if you want another one.") from error
    session.expire(meeting, ["taken"])
    return seat


def keep(session: Session, *, meeting: AdvisorySession, turn: WaitingPlace, until: datetime) -> Seat:
    """Keep one free place of ``meeting``, whose row the caller has locked, for who is next in line.

    Side effects: ``taken`` goes up, a seat ``offered``. Raises ``NoPlaces`` as ``take`` does.
    """
    now = clock.now()
    _count_up(session, meeting)
    seat = Seat(
        session=meeting,
        supplier=turn.supplier,
        invitation=turn.invitation,
        person=turn.person,
        state=SeatState.OFFERED,
        held_until=until,
        created_at=now,
        updated_at=now,
    )
    session.add(seat)
    session.flush()
    session.expire(meeting, ["taken"])
    return seat


def _count_up(session: Session, meeting: AdvisorySession) -> None:
    statement = (
        sa.update(AdvisorySession)
        .where(
            AdvisorySession.id == meeting.id,
            AdvisorySession.taken < AdvisorySession.places,
            AdvisorySession.state == SessionState.SCHEDULED,
            AdvisorySession.starts_at > clock.now(),
        )
        .values(taken=AdvisorySession.taken + 1)
        .returning(AdvisorySession.id)
        .execution_options(synchronize_session=False)
    )
    if session.scalar(statement) is None:
        raise NoPlaces(f"There is no free place in “{meeting.title}” any more.")


def give_back(session: Session, *, seat: Seat) -> SeatState | None:
    """Release ``seat`` and return the state it was in, None when there was nothing to release.

    The caller has locked the invitation's row. Side effects, both or neither: the seat is released and
    ``taken`` goes down by one. A seat that was released before, or in a session already held, stays as it
    is.
    """
    meeting = lock(session, seat.session_id)
    session.refresh(seat, ["state"])
    former = seat.state
    released = _release(session, meeting, Seat.id == seat.id)
    session.refresh(seat, ["state", "updated_at"])
    return former if released else None


def give_back_all(session: Session, *, meeting: AdvisorySession) -> list[Seat]:
    """Release every place to come in ``meeting``, whose row the caller has locked, and return those seats."""
    ids = _release(session, meeting, Seat.session_id == meeting.id)
    query = (
        sa.select(Seat)
        .where(Seat.id.in_(ids))
        .options(joinedload(Seat.person), joinedload(Seat.supplier), joinedload(Seat.invitation))
        .order_by(Seat.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def give_back_kept(session: Session, *, meeting: AdvisorySession) -> None:
    """Release the places of ``meeting``, whose row the caller has locked, that were offered and never taken."""
    _release(session, meeting, sa.and_(Seat.session_id == meeting.id, Seat.state == SeatState.OFFERED))


def _release(session: Session, meeting: AdvisorySession, which: sa.ColumnElement[bool]) -> list[int]:
    statement = (
        sa.update(Seat)
        .where(which, Seat.state.in_(TO_COME))
        .values(state=SeatState.RELEASED, updated_at=clock.now())
        .returning(Seat.id)
        .execution_options(synchronize_session=False)
    )
    ids = list(session.scalars(statement))
    session.execute(
        sa.update(AdvisorySession)
        .where(AdvisorySession.id == meeting.id)
        .values(taken=AdvisorySession.taken - len(ids))
        .execution_options(synchronize_session=False)
    )
    session.expire(meeting, ["taken"])
    return ids


def lock(session: Session, meeting_id: int) -> AdvisorySession:
    """Return the session as it stands now, its row locked until the transaction ends."""
    query = (
        sa.select(AdvisorySession)
        .where(AdvisorySession.id == meeting_id)
        .options(joinedload(AdvisorySession.challenge))
        .with_for_update(of=AdvisorySession)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one()
