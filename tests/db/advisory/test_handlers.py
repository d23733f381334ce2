"""What happens to sessions, seats and offers when something happens in the rooms below."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.accounts import service as accounts_service
from engage.accounts.enums import Decision
from engage.accounts.models import Organisation
from engage.advisory import service
from engage.advisory.enums import OfferState, SeatState, SessionState
from engage.challenges import queries as challenges_queries
from engage.challenges import service as challenges
from engage.consultation import service as consultation
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.kernel.errors import Conflict
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
    reason = "The department withdrew the challenge. Its reason: The policy changed."
    assert (waiting.state, waiting.answer) == (OfferState.DECLINED, reason)
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


def suspend(session: Session, organisation: Organisation) -> None:
    accounts_service.decide(
        session,
        actor=System(),
        organisation_id=organisation.id,
        decision=Decision.SUSPEND,
        reason="We are looking into it.",
    )


def test_a_suspended_supplier_loses_its_invitations_and_places_to_come(session: Session) -> None:
    team, other = advisory.team(session), advisory.team(session)
    coming = advisory.meeting(session, challenge=advisory.open_challenge(session))
    place = advisory.seat(session, meeting=coming, team=team)
    others_place = advisory.seat(session, meeting=coming, team=other)
    over = advisory.meeting(session, challenge=advisory.open_challenge(session), state=SessionState.HELD)
    attended = advisory.seat(session, meeting=over, team=team, state=SeatState.ATTENDED)
    waiting = advisory.invitation(session, challenge=advisory.open_challenge(session), supplier=team.supplier)
    held = advisory.invitation(
        session,
        challenge=advisory.open_challenge(session),
        supplier=team.supplier,
        state=InvitationState.HELD,
    )

    suspend(session, team.supplier.organisation)

    assert [row.invitation.state for row in (place, others_place, attended)] == [
        InvitationState.WITHDRAWN,
        InvitationState.ACCEPTED,
        InvitationState.ACCEPTED,
    ]
    assert (waiting.state, held.state) == (InvitationState.WITHDRAWN, InvitationState.HELD)
    assert [row.state for row in (place, others_place, attended)] == [
        SeatState.RELEASED,
        SeatState.CONFIRMED,
        SeatState.ATTENDED,
    ]
    assert coming.taken == 1


def test_a_suspended_department_gets_no_offers_and_no_questions(session: Session) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    still_open = advisory.open_challenge(session)
    suspend(session, challenge.organisation)

    with pytest.raises(Conflict, match="no longer takes offers"):
        service.offer_help(
            session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="We can help."
        )
    with pytest.raises(Conflict, match="no longer takes questions"):
        consultation.ask(
            session, actor=team.actor, supplier=team.supplier, challenge=challenge, text="What does it cost?"
        )
    assert challenges_queries.open_challenges(session) == [still_open]
