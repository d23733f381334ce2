"""Waiting lists as rows: who waits for which session, at which place in the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from engage.advisory.enums import SeatState, SessionState, WaitingState
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge


@dataclass(frozen=True)
class Turn:
    """One who waits: for which session, and as which in the line, from 1."""

    place: WaitingPlace
    position: int


def waiting_of_invitation(session: Session, *, invitation_id: int) -> Turn | None:
    """Return where an invitation stands on a waiting list, with the session; None when it waits for none."""
    mine = sa.select(WaitingPlace.session_id).where(
        WaitingPlace.invitation_id == invitation_id, WaitingPlace.state == WaitingState.WAITING
    )
    line = waiting_lists(session, WaitingPlace.session_id.in_(mine))
    return next((turn for turn in line if turn.place.invitation_id == invitation_id), None)


def waiting_of_supplier(session: Session, *, supplier_id: int) -> Sequence[Turn]:
    """Return where a supplier stands on waiting lists, the soonest session first."""
    mine = sa.select(WaitingPlace.session_id).where(
        WaitingPlace.supplier_id == supplier_id, WaitingPlace.state == WaitingState.WAITING
    )
    line = waiting_lists(session, WaitingPlace.session_id.in_(mine))
    own = [turn for turn in line if turn.place.supplier_id == supplier_id]
    return sorted(own, key=lambda turn: turn.place.session.starts_at)


def waiting_of_challenge(session: Session, *, challenge_id: int) -> dict[int, list[Turn]]:
    """Return the waiting lists of a challenge's sessions by session id, in order, with suppliers and people."""
    found: dict[int, list[Turn]] = {}
    for turn in waiting_lists(session, AdvisorySession.challenge_id == challenge_id):
        found.setdefault(turn.place.session_id, []).append(turn)
    return found


def waiting_lists(session: Session, *conditions: sa.ColumnElement[bool]) -> Sequence[Turn]:
    """Return who waits in the sessions that ``conditions`` name, session by session, in order."""
    query = (
        sa.select(WaitingPlace)
        .join(WaitingPlace.session)
        .options(
            contains_eager(WaitingPlace.session),
            joinedload(WaitingPlace.supplier),
            joinedload(WaitingPlace.invitation),
            joinedload(WaitingPlace.person),
        )
        .where(WaitingPlace.state == WaitingState.WAITING, *conditions)
        .order_by(WaitingPlace.session_id, WaitingPlace.id)
    )
    positions: dict[int, int] = {}
    turns = []
    for place in session.scalars(query):
        positions[place.session_id] = positions.get(place.session_id, 0) + 1
        turns.append(Turn(place, positions[place.session_id]))
    return turns


def lapsed_seats(session: Session, *, moment: datetime) -> Sequence[int]:
    """Return the ids of the seats that were kept until ``moment`` or before, and not taken.

    So are those of sessions in which no place can be taken any more.
    """
    query = (
        sa.select(Seat.id)
        .join(Seat.session)
        .where(Seat.state == SeatState.OFFERED, sa.or_(Seat.held_until <= moment, _closed(moment)))
    )
    return session.scalars(query.order_by(Seat.held_until, Seat.id)).all()


def reserved_to_open(session: Session, *, moment: datetime) -> Sequence[int]:
    """Return the ids of scheduled sessions whose places were kept for volunteers until ``moment`` or before."""
    query = sa.select(AdvisorySession.id).where(
        AdvisorySession.state == SessionState.SCHEDULED,
        AdvisorySession.held_back > 0,
        AdvisorySession.reserved_until <= moment,
    )
    return session.scalars(query.order_by(AdvisorySession.id)).all()


def lists_to_serve(session: Session) -> Sequence[int]:
    """Return the ids of scheduled sessions of open challenges with a free place for which somebody waits."""
    query = (
        sa.select(WaitingPlace.session_id)
        .join(WaitingPlace.session)
        .join(AdvisorySession.challenge)
        .where(
            WaitingPlace.state == WaitingState.WAITING,
            AdvisorySession.state == SessionState.SCHEDULED,
            AdvisorySession.taken < AdvisorySession.places,
            Challenge.state.in_(OPEN_STATES),
        )
        .distinct()
        .order_by(WaitingPlace.session_id)
    )
    return session.scalars(query).all()


def late_lists(session: Session, *, moment: datetime) -> Sequence[int]:
    """Return the ids of sessions in which somebody waits though no place can be taken any more at ``moment``."""
    query = (
        sa.select(WaitingPlace.session_id)
        .join(WaitingPlace.session)
        .where(
            WaitingPlace.state == WaitingState.WAITING,
            AdvisorySession.state != SessionState.CANCELLED,
            _closed(moment),
        )
        .distinct()
        .order_by(WaitingPlace.session_id)
    )
    return session.scalars(query).all()


def _closed(moment: datetime) -> sa.ColumnElement[bool]:
    """Whether no place in a session can be taken any more at ``moment``, as far as time goes."""
    return sa.func.coalesce(AdvisorySession.closes_at, AdvisorySession.starts_at) <= moment
