"""A challenge is withdrawn while its invitations go out: nobody waits in a circle, and nobody stays invited."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import service as advisory_service
from engage.advisory.enums import OfferState
from engage.advisory.models import VolunteerOffer
from engage.challenges import service as challenges_service
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel.actor import Actor, System
from engage.kernel.db import reading, unit_of_work
from engage.matchmaking import queries
from engage.matchmaking import service as matchmaking
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from tests.db.advisory.test_seats_at_once import Deed, rush
from tests.factories import advisory, challenges
from tests.factories import matchmaking as made

ROUNDS = 10
STANDING = (InvitationState.HELD, InvitationState.SENT, InvitationState.ACCEPTED)


class Scene:
    """Matched challenges of one department, each with two offers to help from suppliers that did not match."""

    def __init__(self, session: Session) -> None:
        market = made.market(session)
        made.everybody_has_people(session, market)
        for supplier in market.suppliers.values():
            supplier.capacity_per_quarter = 100
        teams = [advisory.team(session) for _ in range(2)]
        self.author: Actor = made.author(session, market)
        self.volunteers = [team.actor for team in teams]
        self.rounds: list[tuple[int, list[int]]] = []
        for _ in range(ROUNDS):
            challenge = challenges.challenge(
                session,
                state=ChallengeState.PUBLISHED,
                organisation=market.department,
                expertise="River gauges and flood warning sirens.",
            )
            run = matchmaking.run(session, actor=System("tests"), challenge=challenge)
            made.choose_first(session, run, 4)
            offers = [advisory.offer(session, challenge=challenge, team=team).id for team in teams]
            self.rounds.append((challenge.id, offers))

    def withdrawing(self, challenge_id: int) -> Deed:
        return lambda session: challenges_service.withdraw(
            session,
            actor=self.author,
            challenge=session.get_one(Challenge, challenge_id),
            reason="The policy changed.",
        )

    def releasing(self, challenge_id: int) -> Deed:
        return lambda session: matchmaking.release(
            session, actor=self.author, run=queries.run_of(session, challenge_id=challenge_id)
        )

    def matching(self, challenge_id: int) -> Deed:
        return lambda session: matchmaking.run(
            session, actor=self.author, challenge=session.get_one(Challenge, challenge_id)
        )

    def inviting(self, offer_id: int) -> Deed:
        return lambda session: advisory_service.invite_volunteer(
            session, actor=self.author, offer=session.get_one(VolunteerOffer, offer_id)
        )

    def taking_back(self, offer_id: int) -> Deed:
        return lambda session: advisory_service.withdraw_offer(
            session, actor=self.volunteers[1], offer=session.get_one(VolunteerOffer, offer_id)
        )


@pytest.fixture
def scene(committed: sa.Engine) -> Scene:
    with unit_of_work() as session:
        return Scene(session)


def left(challenge_id: int) -> tuple[ChallengeState, int, int]:
    """The challenge's state, its invitations that stand, its offers that wait."""
    with reading() as session:
        invited = sa.select(sa.func.count(Invitation.id)).where(
            Invitation.challenge_id == challenge_id, Invitation.state.in_(STANDING)
        )
        waiting = sa.select(sa.func.count(VolunteerOffer.id)).where(
            VolunteerOffer.challenge_id == challenge_id, VolunteerOffer.state == OfferState.MADE
        )
        state = session.get_one(Challenge, challenge_id).state
        return state, session.scalar(invited) or 0, session.scalar(waiting) or 0


def test_withdrawing_while_a_release_runs(scene: Scene) -> None:
    for challenge_id, _offers in scene.rounds:
        ended = rush([scene.withdrawing(challenge_id), scene.releasing(challenge_id)])
        assert (ended["done"] + ended["Conflict"], ended["done"] > 0) == (2, True)
        assert left(challenge_id) == (ChallengeState.WITHDRAWN, 0, 0)


def test_withdrawing_while_suppliers_are_matched_anew(scene: Scene) -> None:
    for challenge_id, _offers in scene.rounds:
        ended = rush([scene.withdrawing(challenge_id), scene.matching(challenge_id)])
        assert (ended["done"] + ended["Conflict"], ended["done"] > 0) == (2, True)
        assert left(challenge_id) == (ChallengeState.WITHDRAWN, 0, 0)
        with reading() as session:
            assert queries.current_run(session, challenge_id=challenge_id) is None


def test_withdrawing_while_offers_are_answered_and_taken_back(scene: Scene) -> None:
    for challenge_id, (first, second) in scene.rounds:
        deeds = [scene.withdrawing(challenge_id), scene.inviting(first), scene.taking_back(second)]
        ended = rush(deeds)
        assert (ended["done"] + ended["Conflict"], ended["done"] > 0) == (3, True)
        assert left(challenge_id) == (ChallengeState.WITHDRAWN, 0, 0)
