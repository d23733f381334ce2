"""Attendance and minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import SeatState, SessionState
from engage.advisory.models import AdvisorySession
from engage.challenges.enums import ChallengeState
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.text import sha256
from engage.ledger import queries as ledger
from engage.ledger.enums import EVERYONE
from engage.ledger.models import Disclosure
from tests.factories import accounts, advisory
from tests.support.records import letters, tags, told


def begun(session: Session, **values: object) -> AdvisorySession:
    starts_at = clock.now() - timedelta(hours=2)
    return advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=starts_at, **values
    )


def facilitator(session: Session, meeting: AdvisorySession) -> Actor:
    return accounts.actor(session, Role.FACILITATOR, organisation=meeting.challenge.organisation)


def test_attendance_closes_the_session_and_keeps_the_count(session: Session) -> None:
    meeting = begun(session)
    here, absent = (advisory.seat(session, meeting=meeting) for _ in range(2))
    gone = advisory.seat(session, meeting=meeting, state=SeatState.RELEASED)

    service.record_attendance(
        session, actor=facilitator(session, meeting), meeting=meeting, came={here.id: True, absent.id: False}
    )

    assert meeting.state is SessionState.HELD
    assert [seat.state for seat in (here, absent, gone)] == [
        SeatState.ATTENDED,
        SeatState.NO_SHOW,
        SeatState.RELEASED,
    ]
    assert (meeting.taken, tags(session)) == (2, ["advisory:session:held"])


def test_who_came_knows_what_was_said_and_everyone_else_once_the_minutes_are_out(session: Session) -> None:
    meeting = begun(session)
    here, also, absent = (advisory.seat(session, meeting=meeting) for _ in range(3))
    runner, came = facilitator(session, meeting), {here.id: True, also.id: True, absent.id: False}
    service.record_attendance(session, actor=runner, meeting=meeting, came=came)
    fact = f"minutes:{meeting.ref}"
    assert told(session) == [(fact, f"supplier:{seat.supplier.ref}") for seat in (here, also)]
    (found,) = ledger.asymmetries(session, challenge_ref=meeting.challenge.ref, now=clock.now())
    assert (found.fact, found.first_told_at, found.is_open) == (fact, meeting.ends_at, True)
    service.publish_minutes(session, actor=runner, meeting=meeting, text="We agreed.")
    (found,) = ledger.asymmetries(session, challenge_ref=meeting.challenge.ref, now=clock.now())
    assert (len(found.told_to), found.is_open) == (2, False)


def test_a_session_nobody_came_to_told_nobody_anything(session: Session) -> None:
    meeting = begun(session)
    service.record_attendance(session, actor=facilitator(session, meeting), meeting=meeting, came={})
    assert told(session) == []


def test_minutes_wait_while_the_challenge_is_out_of_view(session: Session) -> None:
    meeting = begun(session)
    runner = facilitator(session, meeting)
    service.record_attendance(session, actor=runner, meeting=meeting, came={})
    meeting.challenge.state = ChallengeState.NOTICE_PENDING
    session.flush()
    with pytest.raises(Conflict, match="not public at the moment"):
        service.publish_minutes(session, actor=runner, meeting=meeting, text="We agreed.")
    assert (meeting.minutes_published_at, told(session)) == (None, [])


def test_nobody_may_be_left_out(session: Session) -> None:
    meeting = begun(session)
    here, other = (advisory.seat(session, meeting=meeting) for _ in range(2))
    with pytest.raises(Invalid) as problem:
        service.record_attendance(
            session, actor=facilitator(session, meeting), meeting=meeting, came={here.id: True}
        )
    assert list(problem.value.fields) == [f"seat_{other.id}"]


def test_attendance_waits_for_the_session_and_is_recorded_once(session: Session) -> None:
    early = advisory.meeting(session, challenge=advisory.open_challenge(session))
    with pytest.raises(Conflict, match="has not begun"):
        service.record_attendance(session, actor=facilitator(session, early), meeting=early, came={})
    meeting = begun(session)
    service.record_attendance(session, actor=facilitator(session, meeting), meeting=meeting, came={})
    with pytest.raises(Conflict):
        service.record_attendance(session, actor=facilitator(session, meeting), meeting=meeting, came={})


def test_a_draft_of_the_minutes_is_nobody_elses(session: Session) -> None:
    meeting = begun(session)
    service.save_minutes(session, actor=facilitator(session, meeting), meeting=meeting, text="Half a draft")
    (shown,) = queries.public_sessions(session, challenge_id=meeting.challenge_id)
    assert (meeting.minutes, shown.minutes, told(session)) == ("Half a draft", "", [])


def test_minutes_go_to_everyone_once_with_the_hash_of_their_words(session: Session) -> None:
    meeting = begun(session, state=SessionState.HELD)
    actor = facilitator(session, meeting)

    service.publish_minutes(session, actor=actor, meeting=meeting, text="# What was said")

    (shown,) = queries.public_sessions(session, challenge_id=meeting.challenge_id)
    assert (shown.minutes, shown.minutes_published_at) == ("# What was said", meeting.minutes_published_at)
    assert told(session) == [(f"minutes:{meeting.ref}", EVERYONE)]
    assert session.scalar(sa.select(Disclosure.body_hash)) == sha256("# What was said")
    assert (tags(session), letters(session)) == (["advisory:session:minutes_published"], [])
    for deed in (service.publish_minutes, service.save_minutes):
        with pytest.raises(Conflict, match="cannot be changed any more"):
            deed(session, actor=actor, meeting=meeting, text="Something else")


def test_minutes_need_attendance_and_words(session: Session) -> None:
    meeting = begun(session)
    with pytest.raises(Conflict, match="Record who came first"):
        service.publish_minutes(session, actor=facilitator(session, meeting), meeting=meeting, text="Said")
    held = begun(session, state=SessionState.HELD)
    with pytest.raises(Invalid, match="Enter the minutes"):
        service.publish_minutes(session, actor=facilitator(session, held), meeting=held, text="  \n")


def test_no_minutes_of_what_did_not_take_place(session: Session) -> None:
    cancelled = begun(session, state=SessionState.CANCELLED)
    early = advisory.meeting(session, challenge=advisory.open_challenge(session))
    for meeting in (cancelled, early):
        with pytest.raises(Conflict, match="once the session has begun"):
            service.save_minutes(session, actor=facilitator(session, meeting), meeting=meeting, text="Said")
