"""The waiting list: one line, in order, and one promotion for each place that becomes free."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.events import OrganisationVerified
from engage.advisory import handlers, jobs, queries, service
from engage.advisory.enums import SeatState, SessionState, WaitingState
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.advisory.service import SessionDetails
from engage.advisory.service import waiting as waitinglist
from engage.challenges.enums import ChallengeState
from engage.challenges.events import EngagementResumed
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.kernel.errors import Conflict
from engage.matchmaking import service as matchmaking
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from tests.factories import accounts, advisory
from tests.factories.advisory import SupplierTeam
from tests.support.records import letters, tags


@pytest.fixture
def meeting(session: Session) -> AdvisorySession:
    """A session in ten days with one place, which somebody has."""
    made = advisory.meeting(
        session,
        challenge=advisory.open_challenge(session),
        places=1,
        starts_at=clock.now() + timedelta(days=10),
    )
    advisory.seat(session, meeting=made)
    return made


def waiting(session: Session, meeting: AdvisorySession, count: int) -> list[tuple[SupplierTeam, Invitation]]:
    found = []
    for _ in range(count):
        team = advisory.team(session)
        invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)
        turn = service.accept_or_wait(session, actor=team.actor, invitation=invitation, meeting=meeting)
        assert isinstance(turn, WaitingPlace)
        found.append((team, invitation))
    return found


def release_all(session: Session, meeting: AdvisorySession) -> None:
    for seat in session.scalars(
        sa.select(Seat).where(Seat.session_id == meeting.id, Seat.state == SeatState.CONFIRMED)
    ):
        service.release_seat(session, actor=accounts.actor(session, Role.SUPPLIER_ADMIN), seat=seat)


def line(session: Session, meeting: AdvisorySession) -> list[int]:
    """The suppliers that wait, in order."""
    turns = queries.waiting_of_challenge(session, challenge_id=meeting.challenge_id).get(meeting.id, [])
    assert [turn.position for turn in turns] == list(range(1, len(turns) + 1))
    return [turn.place.supplier_id for turn in turns]


def kept(session: Session, invitation: Invitation) -> Seat:
    query = sa.select(Seat).where(Seat.invitation_id == invitation.id, Seat.state == SeatState.OFFERED)
    return session.scalars(query).one()


def details(meeting: AdvisorySession, **changes: object) -> SessionDetails:
    values = {
        name: getattr(meeting, name)
        for name in (
            "title",
            "format",
            "starts_at",
            "ends_at",
            "places",
            "place",
            "joining_details",
            "agenda",
            "facilitator_id",
        )
    }
    return SessionDetails(**{**values, **changes})


def test_who_finds_the_session_full_waits_and_has_accepted(
    session: Session, meeting: AdvisorySession
) -> None:
    (first, first_invitation), (second, second_invitation) = waiting(session, meeting, 2)

    assert line(session, meeting) == [first.supplier.id, second.supplier.id]
    assert {first_invitation.state, second_invitation.state} == {InvitationState.ACCEPTED}
    turn = queries.waiting_of_invitation(session, invitation_id=second_invitation.id)
    assert turn is not None
    assert (turn.position, turn.place.session_id) == (2, meeting.id)
    assert letters(session) == []


def test_a_free_place_is_taken_and_nobody_waits(session: Session) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), places=1)
    team = advisory.team(session)
    invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)

    seat = service.accept_or_wait(session, actor=team.actor, invitation=invitation, meeting=meeting)

    assert isinstance(seat, Seat)
    assert (seat.state, line(session, meeting)) == (SeatState.CONFIRMED, [])


def test_a_place_that_becomes_free_is_kept_for_the_first_in_line(
    session: Session, meeting: AdvisorySession
) -> None:
    (first, invitation), (second, _) = waiting(session, meeting, 2)
    before = clock.now()

    release_all(session, meeting)

    seat = kept(session, invitation)
    assert seat.held_until is not None
    assert timedelta(days=2) <= seat.held_until - before < timedelta(days=2, minutes=5)
    assert (seat.person_id, meeting.taken, line(session, meeting)) == (
        first.person.id,
        1,
        [second.supplier.id],
    )
    (letter,) = letters(session, "place_offered")
    assert (letter.recipient, letter.calendar_method) == (first.person.email, None)
    assert "https://meet.example/secret-room" not in letter.text


def test_the_kept_place_is_taken_once(session: Session, meeting: AdvisorySession) -> None:
    ((team, invitation),) = waiting(session, meeting, 1)
    release_all(session, meeting)
    seat = kept(session, invitation)

    for _click in range(2):
        service.take_kept_place(session, actor=team.actor, seat=seat)

    assert (seat.state, meeting.taken) == (SeatState.CONFIRMED, 1)
    (letter,) = letters(session, "seat_confirmed")
    assert (letter.recipient, letter.calendar_method) == (team.person.email, "REQUEST")


@pytest.mark.parametrize("state", [ChallengeState.NOTICE_PENDING, ChallengeState.FINDINGS_DUE])
def test_a_kept_place_is_not_taken_while_the_challenge_is_not_open(
    session: Session, meeting: AdvisorySession, state: ChallengeState
) -> None:
    ((team, invitation),) = waiting(session, meeting, 1)
    release_all(session, meeting)
    seat = kept(session, invitation)
    meeting.challenge.state = state
    session.flush()

    with pytest.raises(Conflict, match="not open at the moment, so the place cannot be taken"):
        service.take_kept_place(session, actor=team.actor, seat=seat)
    with pytest.raises(Conflict, match="not open at the moment, so the place cannot be taken"):
        service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)

    assert (seat.state, letters(session, "seat_confirmed")) == (SeatState.OFFERED, [])


def test_a_pause_costs_nobody_their_turn(session: Session, meeting: AdvisorySession) -> None:
    (_, first_invitation), (_, second_invitation) = waiting(session, meeting, 2)
    release_all(session, meeting)
    seat = kept(session, first_invitation)
    before = seat.held_until
    assert before is not None
    meeting.challenge.state = ChallengeState.NOTICE_PENDING
    meeting.places = 2
    session.flush()
    with clock.as_of(before + timedelta(hours=1)):
        assert waitinglist.promote(session, meeting=meeting) == []
        jobs.end_kept_places(timestamp=0)
        session.refresh(seat)
        assert (seat.state, seat.held_until) == (SeatState.OFFERED, before)

        meeting.challenge.state = ChallengeState.ENGAGING
        session.flush()
        event = EngagementResumed(challenge_id=meeting.challenge_id, route_change_id=0)
        handlers.on_engagement_resumed(session, event)

        session.refresh(seat)
        assert (seat.state, seat.held_until) == (SeatState.OFFERED, clock.now() + timedelta(days=2))
        assert kept(session, second_invitation).state is SeatState.OFFERED
    assert [letter.recipient for letter in letters(session, "place_offered")] == [
        each.person.email for each in (seat, seat, kept(session, second_invitation))
    ]


def test_accepting_the_session_again_takes_the_kept_place(session: Session, meeting: AdvisorySession) -> None:
    ((team, invitation),) = waiting(session, meeting, 1)
    release_all(session, meeting)

    seat = service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)

    assert (seat.state, meeting.taken) == (SeatState.CONFIRMED, 1)


def test_a_kept_place_that_is_not_taken_goes_to_the_next(session: Session, meeting: AdvisorySession) -> None:
    (first, first_invitation), (_, second_invitation) = waiting(session, meeting, 2)
    release_all(session, meeting)
    seat = kept(session, first_invitation)

    service.end_kept_place(session, seat_id=seat.id)
    assert seat.state is SeatState.OFFERED
    with clock.as_of(clock.now() + timedelta(days=2, hours=1)):
        assert list(queries.lapsed_seats(session, moment=clock.now())) == [seat.id]
        with pytest.raises(Conflict, match="is not kept for you any more"):
            service.take_kept_place(session, actor=first.actor, seat=seat)
        jobs.end_kept_places(timestamp=0)
        jobs.end_kept_places(timestamp=0)
    session.expire_all()

    assert (seat.state, kept(session, second_invitation).state) == (SeatState.RELEASED, SeatState.OFFERED)
    assert (meeting.taken, line(session, meeting)) == (1, [])
    assert [letter.template for letter in letters(session)] == [
        "seat_released",
        "place_offered",
        "waiting_ended",
        "place_offered",
    ]


def test_giving_up_a_kept_place_sends_no_cancelled_calendar_entry(
    session: Session, meeting: AdvisorySession
) -> None:
    (first, first_invitation), (_, second_invitation) = waiting(session, meeting, 2)
    release_all(session, meeting)

    service.release_seat(session, actor=first.actor, seat=kept(session, first_invitation))

    assert len(letters(session, "seat_released")) == 1  # of who had the place at first
    assert kept(session, second_invitation).state is SeatState.OFFERED


def test_a_place_shortly_before_the_session_leaves_time_for_the_next(
    session: Session, meeting: AdvisorySession
) -> None:
    ((_, invitation),) = waiting(session, meeting, 1)
    with clock.as_of(meeting.starts_at - timedelta(hours=4)):
        release_all(session, meeting)

    assert kept(session, invitation).held_until == meeting.starts_at - timedelta(hours=2)


def test_who_waits_is_not_overtaken(session: Session, meeting: AdvisorySession) -> None:
    waiting(session, meeting, 1)
    late = advisory.team(session)
    invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=late.supplier)
    release_all(session, meeting)

    turn = service.accept_or_wait(session, actor=late.actor, invitation=invitation, meeting=meeting)

    assert isinstance(turn, WaitingPlace)
    assert line(session, meeting) == [late.supplier.id]


def test_more_places_promote_as_many(session: Session, meeting: AdvisorySession) -> None:
    waits = waiting(session, meeting, 3)

    service.change(
        session,
        actor=accounts.actor(session, Role.FACILITATOR),
        meeting=meeting,
        details=details(meeting, places=3),
    )

    assert [kept(session, invitation).state for _, invitation in waits[:2]] == [SeatState.OFFERED] * 2
    assert (meeting.taken, line(session, meeting)) == (3, [waits[2][0].supplier.id])


def test_who_declines_or_leaves_is_passed_over(session: Session, meeting: AdvisorySession) -> None:
    (first, first_invitation), (second, second_invitation), (_, third_invitation) = waiting(
        session, meeting, 3
    )
    service.decline(session, actor=first.actor, invitation=first_invitation)
    service.leave_waiting_list(session, actor=second.actor, invitation=second_invitation)
    service.leave_waiting_list(session, actor=second.actor, invitation=second_invitation)  # the second click

    release_all(session, meeting)

    assert kept(session, third_invitation).state is SeatState.OFFERED
    assert tags(session, "advisory:waiting") == [
        *["advisory:waiting:joined"] * 3,
        *["advisory:waiting:left"] * 2,
        "advisory:waiting:promoted",
    ]
    assert second_invitation.state is InvitationState.ACCEPTED


def test_a_suspended_supplier_is_passed_over(session: Session, meeting: AdvisorySession) -> None:
    (first, _), (_, second_invitation) = waiting(session, meeting, 2)
    first.supplier.organisation.state = OrganisationState.SUSPENDED
    session.flush()

    release_all(session, meeting)

    assert kept(session, second_invitation).state is SeatState.OFFERED
    assert tags(session, "advisory:waiting")[-2:] == [
        "advisory:waiting:passed_over",
        "advisory:waiting:promoted",
    ]


def test_a_withdrawn_invitation_loses_its_turn_and_its_kept_place(
    session: Session, meeting: AdvisorySession
) -> None:
    (_, first_invitation), (_, second_invitation), (third, _) = waiting(session, meeting, 3)
    release_all(session, meeting)
    seat = kept(session, first_invitation)

    matchmaking.withdraw(session, actor=System(), invitation=first_invitation, reason="A conflict.")

    assert seat.state is SeatState.RELEASED
    assert kept(session, second_invitation).state is SeatState.OFFERED
    assert line(session, meeting) == [third.supplier.id]


def test_choosing_another_session_ends_the_waiting(session: Session, meeting: AdvisorySession) -> None:
    ((team, invitation),) = waiting(session, meeting, 1)
    other = advisory.meeting(session, challenge=meeting.challenge, places=1)

    service.accept(session, actor=team.actor, invitation=invitation, meeting=other)

    assert (line(session, meeting), other.taken) == ([], 1)


def test_one_line_for_each_invitation(session: Session, meeting: AdvisorySession) -> None:
    ((team, invitation),) = waiting(session, meeting, 1)
    other = advisory.meeting(session, challenge=meeting.challenge, places=1)
    advisory.seat(session, meeting=other)

    again = service.accept_or_wait(session, actor=team.actor, invitation=invitation, meeting=meeting)
    assert isinstance(again, WaitingPlace)
    with pytest.raises(Conflict, match="Leave its waiting list first"):
        service.accept_or_wait(session, actor=team.actor, invitation=invitation, meeting=other)

    assert line(session, meeting) == [team.supplier.id]


def test_the_database_itself_allows_one_turn(session: Session, meeting: AdvisorySession) -> None:
    ((team, invitation),) = waiting(session, meeting, 1)
    session.add(
        WaitingPlace(
            session_id=meeting.id,
            supplier_id=team.supplier.id,
            invitation_id=invitation.id,
            person_id=team.person.id,
            state=WaitingState.WAITING,
            joined_at=clock.now(),
        )
    )
    with pytest.raises(IntegrityError, match="uq_waiting_place_live"):
        session.flush()


def test_cancelling_the_session_tells_who_waits(session: Session, meeting: AdvisorySession) -> None:
    ((team, _),) = waiting(session, meeting, 1)

    service.cancel(session, actor=System(), meeting=meeting, reason="The room is flooded.")

    (letter,) = letters(session, "waiting_ended")
    assert letter.recipient == team.person.email
    assert "The session was cancelled: The room is flooded." in letter.text
    assert line(session, meeting) == []


def test_nobody_waits_for_a_session_that_has_begun(session: Session, meeting: AdvisorySession) -> None:
    team = advisory.team(session)
    invitation = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)
    with (
        clock.as_of(meeting.starts_at + timedelta(minutes=1)),
        pytest.raises(Conflict, match="was cancelled or has begun"),
    ):
        service.accept_or_wait(session, actor=team.actor, invitation=invitation, meeting=meeting)


def test_a_place_that_was_only_kept_counts_for_nobody_when_attendance_is_recorded(
    session: Session, meeting: AdvisorySession
) -> None:
    ((_, invitation),) = waiting(session, meeting, 1)
    release_all(session, meeting)
    seat = kept(session, invitation)
    with clock.as_of(meeting.starts_at + timedelta(minutes=1)):
        service.record_attendance(
            session, actor=accounts.actor(session, Role.FACILITATOR), meeting=meeting, came={}
        )

    session.refresh(seat)
    assert (seat.state, meeting.taken) == (SeatState.RELEASED, 0)


def test_nobody_takes_a_kept_place_once_places_are_closed(session: Session, meeting: AdvisorySession) -> None:
    ((team, invitation),) = waiting(session, meeting, 1)
    release_all(session, meeting)
    meeting.closes_at = clock.now() - timedelta(minutes=1)
    session.flush()
    with pytest.raises(Conflict, match="could be taken until"):
        service.take_kept_place(session, actor=team.actor, seat=kept(session, invitation))
    assert kept(session, invitation).state is SeatState.OFFERED


def test_a_place_is_kept_no_longer_than_an_earlier_time_allows(
    session: Session, meeting: AdvisorySession
) -> None:
    ((team, invitation),) = waiting(session, meeting, 1)
    release_all(session, meeting)
    begin = clock.now() + timedelta(hours=4)
    sooner = details(meeting, starts_at=begin, ends_at=begin + timedelta(hours=1))
    service.change(session, actor=System(), meeting=meeting, details=sooner)
    until = kept(session, invitation).held_until
    assert until is not None
    assert timedelta(hours=1, minutes=55) < until - clock.now() <= timedelta(hours=2)
    told = [letter.recipient for letter in letters(session, "place_offered")]
    assert told == [team.person.email, team.person.email]


def test_a_later_time_or_other_places_leave_a_kept_place_as_it_is(
    session: Session, meeting: AdvisorySession
) -> None:
    ((_, invitation),) = waiting(session, meeting, 1)
    release_all(session, meeting)
    until = kept(session, invitation).held_until
    service.change(session, actor=System(), meeting=meeting, details=details(meeting, places=2))
    assert (kept(session, invitation).held_until, len(letters(session, "place_offered"))) == (until, 1)


def test_a_suspended_department_costs_nobody_their_turn(session: Session, meeting: AdvisorySession) -> None:
    (_, invitation), (_, behind) = waiting(session, meeting, 2)
    release_all(session, meeting)
    seat = kept(session, invitation)
    department = meeting.challenge.organisation
    department.state = OrganisationState.SUSPENDED
    seat.held_until = clock.now() - timedelta(minutes=1)
    session.flush()
    service.end_kept_place(session, seat_id=seat.id)
    assert (seat.state, len(line(session, meeting))) == (SeatState.OFFERED, 1)
    with pytest.raises(Conflict, match="not kept for you any more"):
        service.take_kept_place(session, actor=accounts.actor(session, Role.SUPPLIER_ADMIN), seat=seat)

    department.state = OrganisationState.VERIFIED
    handlers.on_organisation_verified(session, OrganisationVerified(department.id))
    assert (seat.lapsed, line(session, meeting)) == (False, [behind.supplier_id])


def test_a_kept_place_waits_while_the_department_is_suspended(
    session: Session, meeting: AdvisorySession
) -> None:
    ((team, invitation),) = waiting(session, meeting, 1)
    release_all(session, meeting)
    meeting.challenge.organisation.state = OrganisationState.SUSPENDED
    session.flush()
    with pytest.raises(Conflict, match="not open at the moment"):
        service.take_kept_place(session, actor=team.actor, seat=kept(session, invitation))


@pytest.mark.parametrize("away", ["paused", "suspended", "nothing"])
@pytest.mark.parametrize("closes_before", [timedelta(0), timedelta(days=1)])
def test_a_kept_place_ends_when_places_can_no_longer_be_taken(
    session: Session, meeting: AdvisorySession, away: str, closes_before: timedelta
) -> None:
    (first, invitation), (second, behind) = waiting(session, meeting, 2)
    meeting.closes_at = meeting.starts_at - closes_before
    release_all(session, meeting)
    seat = kept(session, invitation)
    if away == "paused":
        meeting.challenge.state = ChallengeState.NOTICE_PENDING
    elif away == "suspended":
        meeting.challenge.organisation.state = OrganisationState.SUSPENDED
    else:
        seat.held_until = meeting.open_until + timedelta(days=1)  # whatever it says
    session.flush()
    with clock.as_of(meeting.open_until - timedelta(minutes=1)):
        jobs.end_kept_places(timestamp=0)
        assert kept(session, invitation) is seat
    with clock.as_of(meeting.open_until):
        jobs.end_kept_places(timestamp=0)
        jobs.see_to_places(timestamp=0)
        jobs.end_kept_places(timestamp=0)
    session.expire_all()

    assert (seat.state, meeting.taken, line(session, meeting)) == (SeatState.RELEASED, 0, [])
    assert session.scalars(sa.select(Seat.id).where(Seat.invitation_id == behind.id)).all() == []
    told = {letter.recipient: letter.text for letter in letters(session, "waiting_ended")}
    assert list(told) == [first.person.email, second.person.email]
    words = " ".join(told[first.person.email].split())
    assert ("was kept for you" in words, "next in line" in words) == (True, False)
    assert tags(session).count("advisory:seat:lapsed") == 1


def test_a_place_that_nothing_offered_is_offered_by_the_job(
    session: Session, meeting: AdvisorySession
) -> None:
    ((_, invitation),) = waiting(session, meeting, 1)
    assert queries.lists_to_serve(session) == []
    meeting.places = 2
    session.flush()
    assert queries.lists_to_serve(session) == [meeting.id]
    waitinglist.serve(session, meeting_id=meeting.id)
    assert kept(session, invitation).session_id == meeting.id
    assert queries.lists_to_serve(session) == []


def test_recording_who_came_ends_the_line_with_a_letter(session: Session, meeting: AdvisorySession) -> None:
    ((team, _),) = waiting(session, meeting, 1)
    meeting.starts_at, meeting.ends_at = clock.now() - timedelta(minutes=3), clock.now() + timedelta(hours=1)
    session.flush()
    (seat,) = session.scalars(sa.select(Seat).where(Seat.session_id == meeting.id))
    author = accounts.actor(session, Role.POLICY_AUTHOR, organisation=meeting.challenge.organisation)
    service.record_attendance(session, actor=author, meeting=meeting, came={seat.id: True})
    (letter,) = letters(session, "waiting_ended")
    assert (letter.recipient, line(session, meeting)) == (team.person.email, [])


def test_a_line_left_over_in_a_session_that_was_held_is_ended(
    session: Session, meeting: AdvisorySession
) -> None:
    waiting(session, meeting, 1)
    meeting.starts_at, meeting.ends_at = clock.now() - timedelta(hours=2), clock.now() - timedelta(hours=1)
    meeting.state = SessionState.HELD
    session.flush()
    assert queries.late_lists(session, moment=clock.now()) == [meeting.id]
    waitinglist.end_late(session, meeting_id=meeting.id)
    assert line(session, meeting) == []
