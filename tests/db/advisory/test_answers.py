"""Accepting with a place, declining, giving a place up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import SeatState, SessionState
from engage.advisory.errors import NoPlaces
from engage.challenges.enums import ChallengeState
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory
from tests.support.records import letters, tags


def test_accepting_takes_a_place_and_tells_who_attends(session: Session) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)

    seat = service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)

    assert (seat.state, seat.person_id, meeting.taken) == (SeatState.CONFIRMED, team.person.id, 1)
    assert (invitation.state, invitation.answered_by_id) == (InvitationState.ACCEPTED, team.person.id)
    assert tags(session) == [
        "matchmaking:invitation:accepted",
        "interests:attestation:made",
        "advisory:seat:confirmed",
    ]
    (letter,) = letters(session)
    assert (letter.template, letter.recipient, letter.calendar_method) == (
        "seat_confirmed",
        team.person.email,
        "REQUEST",
    )
    assert "https://meet.example/secret-room" in letter.text
    assert letter.audience == f"supplier:{team.supplier.ref}"


def test_accepting_twice_gives_the_same_seat_and_one_letter(session: Session) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)

    seats = [
        service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting).id for _ in range(2)
    ]

    assert (seats[0] == seats[1], meeting.taken, len(letters(session))) == (True, 1, 1)


def test_one_place_to_come_for_each_invitation(session: Session) -> None:
    team = advisory.team(session)
    first = advisory.meeting(session, challenge=advisory.open_challenge(session), title="First")
    second = advisory.meeting(session, challenge=first.challenge)
    invitation = advisory.invitation(session, challenge=first.challenge, supplier=team.supplier)
    service.accept(session, actor=team.actor, invitation=invitation, meeting=first)

    with pytest.raises(Conflict, match="You already have a place in “First”"):
        service.accept(session, actor=team.actor, invitation=invitation, meeting=second)


def test_the_database_itself_allows_one_place_to_come(session: Session) -> None:
    first = advisory.meeting(session, challenge=advisory.open_challenge(session))
    second = advisory.meeting(session, challenge=first.challenge)
    team = advisory.team(session)
    seat = advisory.seat(session, meeting=first, team=team)

    with pytest.raises(IntegrityError, match="uq_seat_to_come"):
        advisory.seat(session, meeting=second, team=team, invitation_row=seat.invitation)


def test_after_giving_up_another_session_can_be_chosen(session: Session) -> None:
    team = advisory.team(session)
    first = advisory.meeting(session, challenge=advisory.open_challenge(session))
    second = advisory.meeting(session, challenge=first.challenge)
    invitation = advisory.invitation(session, challenge=first.challenge, supplier=team.supplier)
    seat = service.accept(session, actor=team.actor, invitation=invitation, meeting=first)

    service.release_seat(session, actor=team.actor, seat=seat)
    service.release_seat(session, actor=team.actor, seat=seat)  # the second click
    again = service.accept(session, actor=team.actor, invitation=invitation, meeting=second)

    assert (seat.state, again.state) == (SeatState.RELEASED, SeatState.CONFIRMED)
    assert (first.taken, second.taken, invitation.state) == (0, 1, InvitationState.ACCEPTED)
    assert [(each.template, each.calendar_method) for each in letters(session)] == [
        ("seat_confirmed", "REQUEST"),
        ("seat_released", "CANCEL"),
        ("seat_confirmed", "REQUEST"),
    ]


def test_the_same_session_can_be_chosen_again(session: Session) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)
    seat = service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)
    service.release_seat(session, actor=team.actor, seat=seat)

    again = service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)

    assert (again.id != seat.id, meeting.taken, len(letters(session, "seat_confirmed"))) == (True, 1, 2)


@pytest.mark.parametrize(
    "values",
    [
        {"places": 1, "taken": 1},
        {"state": SessionState.CANCELLED},
        {"state": SessionState.HELD},
        {"starts_at": clock.now() - timedelta(minutes=1)},
    ],
)
def test_no_place_in_a_session_that_is_full_cancelled_held_or_begun(
    session: Session, values: dict[str, object]
) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), **values)
    invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)
    before = meeting.taken

    with pytest.raises(NoPlaces):
        service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)

    assert (meeting.taken, letters(session)) == (before, [])


@pytest.mark.parametrize(
    "state", [InvitationState.DECLINED, InvitationState.EXPIRED, InvitationState.WITHDRAWN]
)
def test_an_invitation_that_is_over_cannot_be_accepted(session: Session, state: InvitationState) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    invitation = advisory.invitation(
        session, challenge=meeting.challenge, supplier=team.supplier, state=state
    )
    with pytest.raises(Conflict):
        service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)
    assert meeting.taken == 0


def test_an_invitation_that_nobody_marked_expired_yet_is_over_all_the_same(session: Session) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    past = clock.now() - timedelta(seconds=1)
    invitation = advisory.invitation(
        session, challenge=meeting.challenge, supplier=team.supplier, expires_at=past
    )
    with pytest.raises(Conflict, match="could be answered until"):
        service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)


def test_a_session_of_another_challenge_cannot_be_chosen(session: Session) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    other = advisory.open_challenge(session)
    invitation = advisory.invitation(session, challenge=other, supplier=team.supplier)
    with pytest.raises(Invalid, match="Choose one of the sessions"):
        service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)


def test_a_colleague_can_attend_and_a_stranger_cannot(session: Session) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)
    expert = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    stranger = advisory.team(session).person

    with pytest.raises(Invalid, match="Choose somebody of your organisation"):
        service.accept(
            session, actor=team.actor, invitation=invitation, meeting=meeting, attendee_id=stranger.id
        )
    seat = service.accept(
        session, actor=team.actor, invitation=invitation, meeting=meeting, attendee_id=expert.person.id
    )

    assert seat.person_id == expert.person.id
    assert [letter.recipient for letter in letters(session)] == [expert.person.email]


def test_declining_gives_the_place_up(session: Session) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)
    seat = service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)

    service.decline(session, actor=team.actor, invitation=invitation, reason="We are ill.")

    assert (invitation.state, invitation.decline_reason) == (InvitationState.DECLINED, "We are ill.")
    assert (seat.state, meeting.taken) == (SeatState.RELEASED, 0)
    assert [letter.template for letter in letters(session)] == ["seat_confirmed", "seat_released"]


def test_what_has_begun_cannot_be_given_up(session: Session) -> None:
    meeting = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=clock.now() - timedelta(minutes=1)
    )
    team = advisory.team(session)
    seat = advisory.seat(session, meeting=meeting, team=team)
    with pytest.raises(Conflict, match="has begun"):
        service.release_seat(session, actor=team.actor, seat=seat)
    with pytest.raises(Conflict, match="has begun"):
        service.decline(session, actor=team.actor, invitation=seat.invitation)
    assert (seat.state, meeting.taken) == (SeatState.CONFIRMED, 1)


def test_who_took_part_cannot_decline_afterwards(session: Session) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), state=SessionState.HELD)
    team = advisory.team(session)
    seat = advisory.seat(session, meeting=meeting, team=team, state=SeatState.ATTENDED)
    with pytest.raises(Conflict, match="has taken place"):
        service.decline(session, actor=team.actor, invitation=seat.invitation)


@pytest.mark.parametrize("state", [InvitationState.SENT, InvitationState.ACCEPTED])
def test_no_place_can_be_taken_once_the_challenge_is_closed(session: Session, state: InvitationState) -> None:
    team = advisory.team(session)
    challenge = advisory.open_challenge(session, state=ChallengeState.CLOSED)
    meeting = advisory.meeting(session, challenge=challenge)
    invitation = advisory.invitation(session, challenge=challenge, supplier=team.supplier, state=state)
    with pytest.raises(Conflict, match="no longer open"):
        service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)


def test_a_session_that_is_over_and_not_recorded_keeps_nobody_from_another(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    past = advisory.meeting(session, challenge=challenge)
    seat = advisory.seat(session, meeting=past)
    past.starts_at, past.ends_at = clock.now() - timedelta(hours=3), clock.now() - timedelta(hours=2)
    nxt = advisory.meeting(session, challenge=challenge)
    actor = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=seat.supplier.organisation)
    assert queries.seat_to_come(session, invitation_id=seat.invitation_id) is None

    second = service.accept(session, actor=actor, invitation=seat.invitation, meeting=nxt)

    assert (second.session_id, second.state, past.taken) == (nxt.id, SeatState.CONFIRMED, 1)
    again = service.accept(session, actor=actor, invitation=seat.invitation, meeting=nxt)
    assert again.id == second.id
    with pytest.raises(Conflict, match="has taken place"):
        service.decline(session, actor=actor, invitation=seat.invitation)
    author = accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)
    service.record_attendance(session, actor=author, meeting=past, came={seat.id: True})
    session.refresh(seat)
    assert (seat.state, second.state) == (SeatState.ATTENDED, SeatState.CONFIRMED)


def test_a_session_that_has_begun_does_until_it_is_over(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    now_on = advisory.meeting(session, challenge=challenge)
    seat = advisory.seat(session, meeting=now_on)
    now_on.starts_at, now_on.ends_at = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    nxt = advisory.meeting(session, challenge=challenge)
    actor = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=seat.supplier.organisation)
    with pytest.raises(Conflict, match="already have a place"):
        service.accept(session, actor=actor, invitation=seat.invitation, meeting=nxt)
