"""Reminders: a week and a day before, once each, and never when pointless."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory import service
from engage.advisory.enums import SeatState
from engage.advisory.models import AdvisorySession, Seat
from engage.kernel import clock
from engage.kernel.actor import System
from tests.factories import advisory
from tests.support.records import letters

# Clocks go back on Sunday 25 October 2026: the session is at 10am GMT, the weekly reminder at 9am BST.
STARTS = advisory.at(2026, 10, 28, 10)
WEEK_BEFORE = advisory.at(2026, 10, 21, 8)
DAY_BEFORE = advisory.at(2026, 10, 27, 9)
LONG_AGO = advisory.at(2026, 9, 1)


@pytest.fixture
def seat(session: Session) -> Seat:
    with clock.as_of(LONG_AGO):
        meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), starts_at=STARTS)
        return advisory.seat(session, meeting=meeting)


def remind(session: Session, moment: datetime) -> int:
    with clock.as_of(moment):
        return service.remind(session, now=moment)


def subjects(session: Session) -> list[str]:
    return [letter.subject for letter in letters(session, "session_reminder")]


def test_a_week_and_a_day_before_at_nine_in_the_uk(session: Session, seat: Seat) -> None:
    moments = [WEEK_BEFORE - timedelta(minutes=1), WEEK_BEFORE, WEEK_BEFORE + timedelta(hours=1)]
    moments += [DAY_BEFORE - timedelta(minutes=1), DAY_BEFORE, DAY_BEFORE + timedelta(hours=5), STARTS]

    assert [remind(session, moment) for moment in moments] == [0, 1, 0, 0, 1, 0, 0]
    assert subjects(session) == [f"In 7 days: {seat.session.title}", f"Tomorrow: {seat.session.title}"]
    assert seat.session.joining_details in letters(session, "session_reminder")[0].text


def test_after_an_outage_one_reminder_says_how_soon_it_is(session: Session, seat: Seat) -> None:
    assert [
        remind(session, WEEK_BEFORE + timedelta(days=3)),
        remind(session, STARTS - timedelta(hours=1)),
    ] == [1, 1]
    assert subjects(session) == [f"In 4 days: {seat.session.title}", f"Today: {seat.session.title}"]


def test_who_took_the_place_yesterday_knows(session: Session) -> None:
    with clock.as_of(DAY_BEFORE - timedelta(hours=20)):
        meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), starts_at=STARTS)
        advisory.seat(session, meeting=meeting)

    assert remind(session, DAY_BEFORE) == 0


@pytest.mark.parametrize("state", [SeatState.RELEASED, SeatState.OFFERED])
def test_nobody_is_reminded_of_a_place_they_do_not_have(
    session: Session, seat: Seat, state: SeatState
) -> None:
    seat.state, seat.held_until = state, STARTS
    session.flush()

    assert remind(session, DAY_BEFORE) == 0


def test_nobody_is_reminded_of_a_cancelled_session(session: Session, seat: Seat) -> None:
    with clock.as_of(WEEK_BEFORE):
        service.cancel(session, actor=System(), meeting=seat.session, reason="Flooded.")

    assert remind(session, DAY_BEFORE) == 0


def test_a_session_that_is_moved_is_reminded_of_again(session: Session, seat: Seat) -> None:
    meeting: AdvisorySession = seat.session
    assert remind(session, DAY_BEFORE) == 1
    meeting.starts_at += timedelta(days=14)
    meeting.ends_at += timedelta(days=14)
    session.flush()

    assert remind(session, DAY_BEFORE + timedelta(days=14)) == 1


def test_who_left_the_supplier_is_not_reminded(session: Session, seat: Seat) -> None:
    session.execute(sa.delete(Membership).where(Membership.person_id == seat.person_id))

    assert remind(session, DAY_BEFORE) == 0
