"""A challenge that changed: who accepted is asked anew, keeps the place or gives it up, until the session begins."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import SeatState, SessionState
from engage.challenges.enums import ChallengeState
from engage.challenges.events import ChallengeChanged
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import clock
from engage.kernel.actor import System
from engage.kernel.errors import Conflict
from engage.kernel.events import emit
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from tests.factories import advisory
from tests.support.records import tags

HOUR = timedelta(hours=1)


def published(session: Session, challenge: Challenge, *, number: int, material: bool = True) -> None:
    session.add(
        ChallengeVersion(
            challenge_id=challenge.id,
            number=number,
            content=challenge.content,
            content_hash=challenge.content_hash,
            submitted_by_id=challenge.author_id,
            submitted_at=clock.now(),
            published_at=clock.now(),
            material=material,
            reason="We counted again.",
        )
    )
    session.flush()


def reopen(session: Session, invitation: Invitation, version: int = 2) -> None:
    published(session, invitation.challenge, number=version)
    service.reopen_acceptances(session, actor=System(), challenge_id=invitation.challenge_id, version=version)


def placed(session: Session, **values: object) -> tuple[advisory.SupplierTeam, Invitation]:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), **values)
    return team, advisory.seat(session, meeting=meeting, team=team).invitation


def test_the_place_stays_until_the_supplier_answers(session: Session) -> None:
    team, invitation = placed(session)
    reopen(session, invitation)
    seat = queries.seat_to_come(session, invitation_id=invitation.id)
    assert seat
    assert (seat.state, seat.session.taken, invitation.state) == (
        SeatState.CONFIRMED,
        1,
        InvitationState.ACCEPTED,
    )
    assert (invitation.reopened, queries.asked_anew(invitation, seat)) == (True, True)
    service.keep_place(session, actor=team.actor, invitation=invitation, version=2)
    assert (invitation.reopened, invitation.confirmed_version, seat.state) == (False, 2, SeatState.CONFIRMED)
    kept_at = invitation.confirmed_at
    service.keep_place(session, actor=team.actor, invitation=invitation, version=2)
    assert invitation.confirmed_at == kept_at
    assert tags(session, "matchmaking:invitation") == [
        "matchmaking:invitation:reopened",
        "matchmaking:invitation:confirmed",
    ]


def test_giving_it_up_frees_the_place(session: Session) -> None:
    team, invitation = placed(session)
    reopen(session, invitation)
    service.decline(session, actor=team.actor, invitation=invitation, reason="Not our field any more.")
    assert (invitation.state, invitation.reopened) == (InvitationState.DECLINED, False)
    assert queries.seat_to_come(session, invitation_id=invitation.id) is None


def test_only_the_text_that_was_read_is_confirmed(session: Session) -> None:
    team, invitation = placed(session)
    reopen(session, invitation, version=2)
    reopen(session, invitation, version=3)
    with pytest.raises(Conflict, match="changed once more"):
        service.keep_place(session, actor=team.actor, invitation=invitation, version=2)
    service.keep_place(session, actor=team.actor, invitation=invitation, version=3)
    reopen(session, invitation, version=4)
    assert invitation.reopened is True


def test_a_number_that_no_public_text_has_confirms_nothing(session: Session) -> None:
    team, invitation = placed(session)
    reopen(session, invitation, version=2)
    for number in (-1, 3, 4711):
        with pytest.raises(Conflict, match="changed once more"):
            service.keep_place(session, actor=team.actor, invitation=invitation, version=number)
    assert (invitation.reopened, invitation.confirmed_version) == (True, None)


@pytest.mark.parametrize("state", [InvitationState.SENT, InvitationState.DECLINED, InvitationState.EXPIRED])
def test_who_did_not_accept_is_not_asked(session: Session, state: InvitationState) -> None:
    team = advisory.team(session)
    invitation = advisory.invitation(
        session, challenge=advisory.open_challenge(session), supplier=team.supplier, state=state
    )
    reopen(session, invitation)
    assert (invitation.reconfirm_version, invitation.reopened) == (None, False)
    with pytest.raises(Conflict, match=f"This invitation is {state.value}"):
        service.keep_place(session, actor=team.actor, invitation=invitation, version=2)


def test_who_accepted_without_a_place_is_asked_too(session: Session) -> None:
    team = advisory.team(session)
    invitation = advisory.invitation(
        session,
        challenge=advisory.open_challenge(session),
        supplier=team.supplier,
        state=InvitationState.ACCEPTED,
    )
    reopen(session, invitation)
    assert queries.asked_anew(invitation, None) is True


@pytest.mark.parametrize("held", [False, True])
def test_nobody_is_asked_about_a_session_that_began_or_was_held(session: Session, held: bool) -> None:
    _, invitation = placed(session, starts_at=clock.now() - HOUR / 2)
    if held:
        seat = queries.seat_to_come(session, invitation_id=invitation.id)
        assert seat
        seat.state, seat.session.state = SeatState.ATTENDED, SessionState.HELD
        session.flush()
    reopen(session, invitation)
    assert invitation.reconfirm_version is None


def test_once_the_session_begins_there_is_nothing_to_confirm(session: Session) -> None:
    team, invitation = placed(session)
    reopen(session, invitation)
    seat = queries.seat_to_come(session, invitation_id=invitation.id)
    assert seat
    with time_machine.travel(seat.session.starts_at + HOUR / 2):
        assert queries.asked_anew(invitation, seat) is False
        with pytest.raises(Conflict, match="The session has begun"):
            service.keep_place(session, actor=team.actor, invitation=invitation, version=2)
    assert (seat.state, invitation.confirmed_version) == (SeatState.CONFIRMED, None)


def test_nor_once_the_engagement_is_over(session: Session) -> None:
    team, invitation = placed(session)
    reopen(session, invitation)
    invitation.challenge.state = ChallengeState.FINDINGS_DUE
    session.flush()
    assert queries.asked_anew(invitation, None) is False
    with pytest.raises(Conflict, match="no longer open"):
        service.keep_place(session, actor=team.actor, invitation=invitation, version=2)


def test_a_minor_change_asks_nobody(session: Session) -> None:
    _, invitation = placed(session)
    challenge = invitation.challenge
    published(session, challenge, number=2, material=False)
    emit(session, ChallengeChanged(challenge.id, version=2, material=False))
    assert invitation.reopened is False
    emit(session, ChallengeChanged(challenge.id, version=2, material=True))
    assert invitation.reopened is True


def test_the_difference_is_from_the_text_that_was_answered(session: Session) -> None:
    _, invitation = placed(session)
    now = clock.now()
    versions = [
        ChallengeVersion(number=number, published_at=now + timedelta(days=days), content={})
        for number, days in ((1, -9), (3, -3), (4, 3))
    ]
    for answered, confirmed, wanted in ((-5, None, 1), (-1, None, 3), (-5, 3, 3), (-20, None, 1), (-1, 9, 3)):
        invitation.answered_at, invitation.confirmed_version = now + timedelta(days=answered), confirmed
        assert queries.version_answered(invitation, versions).number == wanted
