"""An invitation is taken back only while its place was not used."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from engage.advisory.enums import SeatState
from engage.advisory.models import Seat
from engage.advisory.service import taking_back
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict
from engage.matchmaking import service
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory


def take_back(session: Session, seat: Seat) -> None:
    organisation = seat.session.challenge.organisation
    actor = accounts.actor(session, Role.POLICY_AUTHOR, organisation=organisation)
    service.take_back(session, actor=actor, invitation=seat.invitation, reason="Another one fits better.")


def scene(session: Session, state: SeatState = SeatState.CONFIRMED) -> Seat:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    return advisory.seat(session, meeting=meeting, state=state)


@pytest.mark.parametrize(
    ("state", "since"),
    [
        (SeatState.CONFIRMED, timedelta()),
        (SeatState.CONFIRMED, timedelta(hours=3)),
        (SeatState.ATTENDED, timedelta(days=1)),
        (SeatState.NO_SHOW, timedelta(days=1)),
        (SeatState.ATTENDED, timedelta(minutes=-5)),
    ],
)
def test_a_place_that_was_used_goes_to_nobody_else(
    session: Session, state: SeatState, since: timedelta
) -> None:
    seat = scene(session, state)
    with (
        time_machine.travel(seat.session.starts_at + since, tick=False),
        pytest.raises(Conflict) as refusal,
        session.begin_nested(),
    ):
        take_back(session, seat)
    assert refusal.value.message == taking_back.USED
    session.expire_all()
    assert (seat.invitation.state, seat.state) == (InvitationState.ACCEPTED, state)


def test_before_the_session_the_place_goes_with_it(session: Session) -> None:
    seat = scene(session)
    with time_machine.travel(seat.session.starts_at - timedelta(minutes=1), tick=False):
        take_back(session, seat)
    session.expire_all()
    assert (seat.invitation.state, seat.state) == (InvitationState.WITHDRAWN, SeatState.RELEASED)
