"""Accepting, waiting, giving up and changing the places at the same moment: one line, and nobody stuck."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import service
from engage.advisory.enums import SeatState, WaitingState
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.kernel.actor import System
from engage.kernel.db import reading
from engage.kernel.errors import Invalid
from engage.matchmaking.models import Invitation
from engage.outbox.models import Letter
from tests.db.advisory.test_seats_at_once import (
    PEOPLE,
    PLACES,
    Deed,
    actor_for,
    broken,
    invited,
    releasing,
    rush,
    the_session,
)

__all__ = ["invited"]


def arriving(invitation_id: int) -> Deed:
    def deed(session: Session) -> None:
        invitation = session.get_one(Invitation, invitation_id)
        actor = actor_for(session, invitation)
        service.accept_or_wait(session, actor=actor, invitation=invitation, meeting=the_session(session))

    return deed


def declining(invitation_id: int) -> Deed:
    def deed(session: Session) -> None:
        invitation = session.get_one(Invitation, invitation_id)
        service.decline(session, actor=actor_for(session, invitation), invitation=invitation)

    return deed


def resizing(places: int) -> Deed:
    def deed(session: Session) -> None:
        meeting = the_session(session)
        details = replace(service.details_of(meeting), places=places)
        with suppress(Invalid):  # fewer places than are taken by then
            service.change(session, actor=System(), meeting=meeting, details=details)

    return deed


def seats(*states: SeatState) -> dict[int, int]:
    """Seats in these states: invitation to seat."""
    with reading() as session:
        query = sa.select(Seat.invitation_id, Seat.id).where(Seat.state.in_(states))
        return dict(session.execute(query).all())


def line() -> list[int]:
    with reading() as session:
        query = sa.select(WaitingPlace.invitation_id).where(WaitingPlace.state == WaitingState.WAITING)
        return list(session.scalars(query.order_by(WaitingPlace.id)))


def idle_places() -> int:
    """Places that are free although somebody waits: always none."""
    with reading() as session:
        meeting = session.scalars(sa.select(AdvisorySession)).one()
        return meeting.free if line() else 0


def test_fifty_arrive_for_five_places_and_the_rest_stand_in_line(invited: list[int]) -> None:
    ended = rush([arriving(each) for each in invited for _click in range(2)])

    won = seats(SeatState.CONFIRMED)
    assert ended == {"done": 2 * PEOPLE}
    assert (len(won), len(line()), broken(), idle_places()) == (PLACES, PEOPLE - PLACES, [], 0)
    assert set(won) | set(line()) == set(invited)


def test_each_place_given_up_promotes_exactly_one(invited: list[int]) -> None:
    rush([arriving(each) for each in invited])
    before = line()

    ended = rush([releasing(seat) for seat in seats(SeatState.CONFIRMED).values() for _click in range(3)])

    assert ended == {"done": 3 * PLACES}
    assert set(seats(SeatState.OFFERED)) == set(before[:PLACES])
    assert (line(), broken(), idle_places()) == (before[PLACES:], [], 0)
    with reading() as session:
        query = sa.select(sa.func.count(Letter.id)).where(Letter.template == "place_offered")
        assert session.scalar(query) == PLACES


@pytest.mark.parametrize("seed", range(3))
def test_everything_at_once_leaves_no_place_idle_and_nobody_twice(invited: list[int], seed: int) -> None:
    rush([arriving(each) for each in invited[:30]])
    deeds = [releasing(seat) for seat in seats(SeatState.CONFIRMED).values()]
    deeds += [declining(each) for each in line()[:8]]
    deeds += [arriving(each) for each in invited[30:]]
    deeds += [resizing(places) for places in (9, 6, 12)]
    random.Random(seed).shuffle(deeds)

    ended = rush(deeds)

    live = seats(SeatState.CONFIRMED, SeatState.OFFERED)
    assert set(ended) <= {"done", "Conflict"}
    assert (broken(), idle_places(), set(live) & set(line())) == ([], 0, set())
    assert max(Counter(line()).values(), default=1) == 1
