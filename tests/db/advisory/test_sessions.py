"""Scheduling, changing and cancelling sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.advisory import service
from engage.advisory.enums import SeatState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession
from engage.advisory.service import SessionDetails
from engage.challenges.enums import OPEN_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid
from engage.ledger.enums import EVERYONE
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory
from tests.support.records import letters, tags, told


def details(**values: object) -> SessionDetails:
    starts_at = clock.now().replace(microsecond=0) + timedelta(days=10)
    made = SessionDetails(
        title="Roundtable",
        format=SessionFormat.ROUNDTABLE,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        places=5,
        place="Online",
        joining_details="https://meet.example/room",
        agenda="What works",
    )
    return replace(made, **values)  # type: ignore[arg-type]  # a test's short cut


def runner(session: Session, challenge: Challenge, role: Role = Role.FACILITATOR) -> Actor:
    return accounts.actor(session, role, organisation=challenge.organisation)


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.POLICY_AUTHOR])
def test_the_first_session_begins_the_engagement(session: Session, role: Role) -> None:
    challenge = advisory.open_challenge(session, state=ChallengeState.PUBLISHED)
    actor = runner(session, challenge, role)

    first = service.schedule(session, actor=actor, challenge=challenge, details=details())
    second = service.schedule(session, actor=actor, challenge=challenge, details=details(title="Another"))

    assert challenge.state is ChallengeState.ENGAGING
    assert (first.state, first.taken, first.sequence, first.free) == (SessionState.SCHEDULED, 0, 0, 5)
    assert tags(session) == [
        "advisory:session:scheduled",
        "challenges:challenge:engagement_started",
        "advisory:session:scheduled",
    ]
    assert told(session) == [(f"session:{each.ref}/0", EVERYONE) for each in (first, second)]


@pytest.mark.parametrize("state", [state for state in ChallengeState if state not in OPEN_STATES])
def test_sessions_belong_to_open_challenges(session: Session, state: ChallengeState) -> None:
    challenge = advisory.open_challenge(session, state=state)
    with pytest.raises(Conflict, match="once the challenge is published"):
        service.schedule(session, actor=runner(session, challenge), challenge=challenge, details=details())


def test_a_session_begins_in_the_future(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    late = details(starts_at=clock.now() - timedelta(minutes=1), ends_at=clock.now() + timedelta(hours=1))
    with pytest.raises(Invalid, match="must begin in the future"):
        service.schedule(session, actor=runner(session, challenge), challenge=challenge, details=late)


def test_a_change_is_told_to_everyone_with_a_seat_and_to_the_ledger(session: Session) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    seats = [advisory.seat(session, meeting=meeting) for _ in range(2)]
    advisory.seat(session, meeting=meeting, state=SeatState.RELEASED)
    later = replace(
        service.details_of(meeting),
        starts_at=meeting.starts_at + timedelta(hours=2),
        ends_at=meeting.ends_at + timedelta(hours=2),
    )

    service.change(
        session,
        actor=runner(session, meeting.challenge),
        meeting=meeting,
        details=later,
        reason="The room is flooded.",
    )

    assert (meeting.sequence, meeting.starts_at) == (1, later.starts_at)
    written = letters(session)
    assert [letter.recipient for letter in written] == [seat.person.email for seat in seats]
    assert {(letter.template, letter.calendar_method) for letter in written} == {
        ("session_changed", "REQUEST")
    }
    assert all("SEQUENCE:1" in (letter.calendar or "") for letter in written)
    assert all("has changed: the time and the end" in letter.text for letter in written)
    assert told(session) == [(f"session:{meeting.ref}/1", EVERYONE)]
    assert tags(session) == ["advisory:session:changed"]


@pytest.mark.parametrize("gone", ["left", "closed"])
def test_who_left_the_supplier_hears_no_more_of_its_place(session: Session, gone: str) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    leaver, stayer = advisory.team(session), advisory.team(session)
    for team in (leaver, stayer):
        advisory.seat(session, meeting=meeting, team=team)
    if gone == "left":
        leaver.membership.ended_at = clock.now()
        other = advisory.team(session).supplier.organisation
        accounts.membership(session, person=leaver.person, organisation=other, roles={Role.SUPPLIER_ADMIN})
    else:
        leaver.person.disabled_at = clock.now()
    session.flush()
    moved = replace(service.details_of(meeting), joining_details="https://meet.example/new-room")

    service.change(session, actor=runner(session, meeting.challenge), meeting=meeting, details=moved)
    service.cancel(session, actor=runner(session, meeting.challenge), meeting=meeting, reason="Flooded.")

    assert [(letter.template, letter.recipient) for letter in letters(session)] == [
        ("session_changed", stayer.person.email),
        ("session_cancelled", stayer.person.email),
    ]


def test_joining_details_are_told_to_attendees_only(session: Session) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    advisory.seat(session, meeting=meeting)
    moved = replace(service.details_of(meeting), joining_details="https://meet.example/new-room")

    service.change(session, actor=runner(session, meeting.challenge), meeting=meeting, details=moved)

    assert ["new-room" in letter.text for letter in letters(session)] == [True]
    assert told(session) == []


def test_more_places_concern_nobody_who_has_one(session: Session) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    advisory.seat(session, meeting=meeting)

    service.change(
        session,
        actor=runner(session, meeting.challenge),
        meeting=meeting,
        details=replace(service.details_of(meeting), places=9),
    )

    assert (meeting.places, letters(session), told(session)) == (9, [], [])


def test_the_same_details_change_nothing(session: Session) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    before = meeting.updated_at

    service.change(
        session,
        actor=runner(session, meeting.challenge),
        meeting=meeting,
        details=service.details_of(meeting),
    )

    assert (meeting.sequence, meeting.updated_at, tags(session)) == (0, before, [])


def test_places_that_are_taken_cannot_be_removed(session: Session) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    for _ in range(2):
        advisory.seat(session, meeting=meeting)
    fewer = replace(service.details_of(meeting), places=1)

    with pytest.raises(Invalid) as problem:
        service.change(session, actor=runner(session, meeting.challenge), meeting=meeting, details=fewer)

    assert problem.value.fields == {"places": "2 places are already taken: enter 2 or more"}


@pytest.mark.parametrize(
    "values",
    [
        {"state": SessionState.CANCELLED},
        {"state": SessionState.HELD},
        {"starts_at": clock.now() - timedelta(hours=1)},
    ],
)
def test_what_is_over_cannot_be_changed(session: Session, values: dict[str, object]) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), **values)
    with pytest.raises(Conflict, match="cannot be changed any more"):
        service.change(session, actor=runner(session, meeting.challenge), meeting=meeting, details=details())


def test_cancelling_releases_every_seat_and_keeps_invitations_accepted(session: Session) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    seats = [advisory.seat(session, meeting=meeting) for _ in range(2)]

    service.cancel(
        session, actor=runner(session, meeting.challenge), meeting=meeting, reason="The room is flooded."
    )

    assert (meeting.state, meeting.taken, meeting.sequence) == (SessionState.CANCELLED, 0, 1)
    assert [seat.state for seat in seats] == [SeatState.RELEASED] * 2
    assert [seat.invitation.state for seat in seats] == [InvitationState.ACCEPTED] * 2
    written = letters(session)
    assert [letter.recipient for letter in written] == [seat.person.email for seat in seats]
    assert {(letter.template, letter.calendar_method) for letter in written} == {
        ("session_cancelled", "CANCEL")
    }
    assert all(
        "The room is flooded." in letter.text and "secret-room" not in letter.text for letter in written
    )
    assert told(session) == [(f"session:{meeting.ref}/1", EVERYONE)]
    assert tags(session) == ["advisory:session:cancelled"]
    with pytest.raises(Conflict):
        service.cancel(session, actor=runner(session, meeting.challenge), meeting=meeting, reason="Again.")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"taken": 6}, "never_overbooked"),
        ({"taken": -1}, "never_overbooked"),
        ({"places": 0}, "places_in_range"),
        ({"places": 501}, "places_in_range"),
        ({"state": SessionState.CANCELLED}, "cancelled_has_reason"),
        ({"minutes_published_at": clock.now()}, "published_has_minutes"),
    ],
)
def test_the_database_refuses_what_must_never_be(
    session: Session, change: dict[str, object], constraint: str
) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    with pytest.raises(IntegrityError, match=constraint):
        session.execute(sa.update(AdvisorySession).where(AdvisorySession.id == meeting.id).values(change))


def test_out_of_view_a_session_can_be_cancelled_and_neither_changed_nor_announced(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    meeting = advisory.meeting(session, challenge=challenge)
    seat = advisory.seat(session, meeting=meeting)
    runner = accounts.actor(session, Role.FACILITATOR, organisation=challenge.organisation)
    challenge.state = ChallengeState.NOTICE_PENDING
    session.flush()
    with pytest.raises(Conflict, match="not public at the moment"):
        service.change(session, actor=runner, meeting=meeting, details=details(title="Another title"))
    service.cancel(session, actor=runner, meeting=meeting, reason="The route changed.")
    assert meeting.state is SessionState.CANCELLED
    assert [letter.recipient for letter in letters(session)] == [seat.person.email]
    assert told(session) == []
