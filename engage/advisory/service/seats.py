"""The one place where seats are taken and given back.

Order of locks, everywhere in this room: challenge, offer, invitation, session, seats. An acceptance locks its
invitation and then the rows of all sessions it may move between, by id (``lock_of``); whatever touches several
invitations locks all of them, by id, before the first session. A promotion from the waiting list holds the
session's row and no invitation: who waits there has to come past that row. So no two transactions ever wait for
each other.

Challenges, organisations, suppliers and invitations, to which other rows refer, are locked ``FOR NO KEY UPDATE``
(``key_share``), never ``FOR UPDATE``: whoever adds a row that refers to them, or writes one twice in a transaction,
makes the database look at them, and would wait for who holds them out of this order.

``advisory_session.taken`` equals the number of live seats at every commit. It goes up only by the
conditional update in ``take``: of all who ask for the last place at once, the row's lock lets one through
and shows the others a full session. ``taken_invited`` equals the number of those that are no volunteers', and never
reaches into the places that are kept for volunteers: those are for everybody once ``waiting.open_reserved`` has
offered them to who waits, never by the time alone. Of a corporate group no more come than the session takes: they
are counted under the lock of the row that the update holds.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from engage.advisory.enums import TO_COME, SeatState, SessionState, WaitingState
from engage.advisory.errors import GroupFull, NoPlaces
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.kernel import clock
from engage.kernel.errors import Conflict
from engage.kernel.uktime import uk_time
from engage.matchmaking.enums import Origin
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import fold

COUNTED = ("taken", "taken_invited", "held_back")
_ONE_LIVE = {"uq_seat_live", "uq_seat_to_come"}


def lock_of(session: Session, *, invitation_ids: Collection[int], meeting_ids: Collection[int] = ()) -> None:
    """Lock, by id, every session in which invitations hold a place to come or wait for one, and ``meeting_ids``.

    The caller has locked the invitations. From here on nobody is promoted in those sessions: what is read
    afterwards stands, and what was read of those sessions before is read again.
    """
    held = sa.select(Seat.session_id).where(Seat.invitation_id.in_(invitation_ids), Seat.state.in_(TO_COME))
    waited_for = sa.select(WaitingPlace.session_id).where(
        WaitingPlace.invitation_id.in_(invitation_ids), WaitingPlace.state == WaitingState.WAITING
    )
    which = sa.or_(
        AdvisorySession.id.in_(held), AdvisorySession.id.in_(waited_for), AdvisorySession.id.in_(meeting_ids)
    )
    query = sa.select(AdvisorySession).where(which).order_by(AdvisorySession.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).all()


def take(session: Session, *, meeting: AdvisorySession, invitation: Invitation, person_id: int) -> Seat:
    """Take one place in ``meeting`` for ``invitation``, whose row the caller has locked, and return the seat.

    Side effects, both or neither: ``taken`` goes up by one if a place is free, and a confirmed seat. Raises
    ``NoPlaces`` when the session is full, the places left are kept for volunteers, it was cancelled, or the
    time to take places is over; ``GroupFull`` when others of its corporate group have as many as the session takes;
    ``Conflict`` when the supplier already has a seat in it, or a place to come elsewhere by the same invitation.
    """
    seat = _seat(invitation, meeting_id=meeting.id, person_id=person_id)
    try:
        with session.begin_nested():
            limit = _count_up(session, meeting, volunteered=seat.volunteered)
            _check_group(session, meeting, groups=_groups(invitation), limit=limit)
            session.add(seat)
    except Conflict:
        session.expire(meeting, COUNTED)  # what was counted in the savepoint is undone
        raise
    except IntegrityError as error:
        session.expire(meeting, COUNTED)
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) not in _ONE_LIVE:
            raise
        raise Conflict("You already have a place. Give it up first if you want another one.") from error
    return seat


def keep(session: Session, *, meeting: AdvisorySession, turn: WaitingPlace, until: datetime) -> Seat:
    """Keep one free place of ``meeting``, whose row the caller has locked, for who is next in line.

    Side effects: ``taken`` goes up, a seat ``offered``. Raises ``NoPlaces`` and ``GroupFull`` as ``take`` does.
    """
    seat = _seat(turn.invitation, meeting_id=meeting.id, person_id=turn.person_id)
    seat.state, seat.held_until = SeatState.OFFERED, until
    limit = _count_up(session, meeting, volunteered=seat.volunteered)
    _check_group(session, meeting, groups=_groups(turn.invitation), limit=limit)
    session.add(seat)
    session.flush()
    return seat


def has_room(session: Session, *, meeting: AdvisorySession, invitation: Invitation) -> bool:
    """Tell whether a free place of ``meeting``, whose row the caller has locked, could be that of ``invitation``.

    Not when those that are free are kept for volunteers, or its corporate group has as many as the session takes.
    """
    free = meeting.free if _volunteered(invitation) else meeting.free_for_invited
    groups = _groups(invitation)
    return free > 0 and not _group_is_full(session, meeting, groups=groups, limit=meeting.group_limit)


def _seat(invitation: Invitation, *, meeting_id: int, person_id: int) -> Seat:
    now = clock.now()
    return Seat(
        session_id=meeting_id,
        supplier_id=invitation.supplier_id,
        invitation_id=invitation.id,
        person_id=person_id,
        state=SeatState.CONFIRMED,
        volunteered=_volunteered(invitation),
        corporate_group=fold(invitation.supplier.corporate_group),
        created_at=now,
        updated_at=now,
    )


def _volunteered(invitation: Invitation) -> bool:
    return invitation.origin is Origin.VOLUNTEERED


def _count_up(session: Session, meeting: AdvisorySession, *, volunteered: bool) -> int | None:
    """Count one more place as taken and return how many of one group the session takes; its row is locked then."""
    now = clock.now()
    free, values = AdvisorySession.taken < AdvisorySession.places, {"taken": AdvisorySession.taken + 1}
    if not volunteered:
        own = AdvisorySession.places - AdvisorySession.held_back
        free = sa.and_(free, AdvisorySession.taken_invited < own)
        values["taken_invited"] = AdvisorySession.taken_invited + 1
    statement = (
        sa.update(AdvisorySession)
        .where(
            AdvisorySession.id == meeting.id,
            free,
            AdvisorySession.state == SessionState.SCHEDULED,
            sa.func.coalesce(AdvisorySession.closes_at, AdvisorySession.starts_at) > now,
        )
        .values(values)
        .returning(AdvisorySession.group_limit, *(getattr(AdvisorySession, name) for name in COUNTED))
        .execution_options(synchronize_session=False)
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NoPlaces(_why_none(session, meeting))
    for name in COUNTED:
        set_committed_value(meeting, name, getattr(found, name))
    limit: int | None = found.group_limit
    return limit


def _why_none(session: Session, meeting: AdvisorySession) -> str:
    session.refresh(meeting, [*COUNTED, "state", "starts_at", "closes_at", "reserved_until"])
    if meeting.state is SessionState.SCHEDULED and meeting.open_until <= clock.now() < meeting.starts_at:
        return f"Places in “{meeting.title}” could be taken until {uk_time(meeting.open_until)}."
    if meeting.takes_places and meeting.free and meeting.reserved_until is not None:
        until = uk_time(meeting.reserved_until)
        return f"The places left in “{meeting.title}” are kept for suppliers that volunteered, until {until}."
    return f"There is no free place in “{meeting.title}” any more."


def _groups(invitation: Invitation) -> set[str]:
    """Return the corporate groups to which the supplier belongs: today's, and that of when it was invited."""
    return {fold(invitation.supplier.corporate_group), invitation.corporate_group} - {""}


def _check_group(
    session: Session, meeting: AdvisorySession, *, groups: Collection[str], limit: int | None
) -> None:
    if _group_is_full(session, meeting, groups=groups, limit=limit):
        most = "one supplier" if limit == 1 else f"{limit} suppliers"
        raise GroupFull(
            f"“{meeting.title}” takes {most} of a corporate group, and that many of yours have a place. Choose another "
            "session, or ask the others of your group whether they give theirs up."
        )


def _group_is_full(
    session: Session, meeting: AdvisorySession, *, groups: Collection[str], limit: int | None
) -> bool:
    if not groups or limit is None:
        return False
    count = (
        sa.select(sa.func.count(Seat.id))
        .join(Seat.invitation)
        .where(
            Seat.session_id == meeting.id,
            sa.or_(Seat.corporate_group.in_(groups), Invitation.corporate_group.in_(groups)),
            Seat.state != SeatState.RELEASED,
        )
    )
    return (session.scalar(count) or 0) >= limit


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
        .returning(Seat.id, Seat.volunteered)
        .execution_options(synchronize_session=False)
    )
    released = session.execute(statement).all()
    invited = sum(not one.volunteered for one in released)
    session.execute(
        sa.update(AdvisorySession)
        .where(AdvisorySession.id == meeting.id)
        .values(
            taken=AdvisorySession.taken - len(released), taken_invited=AdvisorySession.taken_invited - invited
        )
        .execution_options(synchronize_session=False)
    )
    session.expire(meeting, COUNTED)
    return [one.id for one in released]


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
