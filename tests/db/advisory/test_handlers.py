"""What happens to sessions, seats and offers when something happens in the rooms below."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from engage.advisory.enums import OfferState, SeatState, SessionState
from engage.challenges import service as challenges
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.matchmaking import service as matchmaking
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory
from tests.support.records import letters


def test_a_withdrawn_challenge_takes_sessions_and_offers_with_it(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    coming = [advisory.meeting(session, challenge=challenge) for _ in range(2)]
    held = advisory.meeting(session, challenge=challenge, state=SessionState.HELD)
    elsewhere = advisory.meeting(session, challenge=advisory.open_challenge(session))
    seats = [advisory.seat(session, meeting=meeting) for meeting in (*coming, elsewhere)]
    waiting = advisory.offer(session, challenge=challenge, team=advisory.team(session))
    actor = accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)

    challenges.withdraw(session, actor=actor, challenge=challenge, reason="The policy changed.")

    assert [meeting.state for meeting in (*coming, held, elsewhere)] == [
        SessionState.CANCELLED,
        SessionState.CANCELLED,
        SessionState.HELD,
        SessionState.SCHEDULED,
    ]
    assert [seat.state for seat in seats] == [SeatState.RELEASED, SeatState.RELEASED, SeatState.CONFIRMED]
    assert [meeting.taken for meeting in (*coming, elsewhere)] == [0, 0, 1]
    assert (waiting.state, waiting.answer) == (OfferState.DECLINED, "The department withdrew the challenge.")
    written = [(letter.template, letter.recipient) for letter in letters(session)]
    assert [
        each for each in written if each[0] in {"session_cancelled", "offer_declined", "seat_released"}
    ] == [
        ("offer_declined", waiting.person.email),
        ("session_cancelled", seats[0].person.email),
        ("session_cancelled", seats[1].person.email),
    ]


def test_a_withdrawn_invitation_gives_its_place_up(session: Session) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    seat = advisory.seat(session, meeting=meeting)

    matchmaking.withdraw(
        session, actor=System(), invitation=seat.invitation, reason="A conflict of interest."
    )

    assert (seat.state, seat.invitation.state, meeting.taken) == (
        SeatState.RELEASED,
        InvitationState.WITHDRAWN,
        0,
    )
    assert [letter.template for letter in letters(session)] == ["seat_released"]


def test_a_withdrawn_invitation_changes_nothing_in_a_session_that_has_begun(session: Session) -> None:
    meeting = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=clock.now() - timedelta(minutes=5)
    )
    seat = advisory.seat(session, meeting=meeting)

    matchmaking.withdraw(
        session, actor=System(), invitation=seat.invitation, reason="A conflict of interest."
    )

    assert (seat.state, meeting.taken) == (SeatState.CONFIRMED, 1)
