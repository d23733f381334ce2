"""Places that become free at the same moment, and drawing that runs twice: each place is given once."""

from __future__ import annotations

import random
from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import service as accounts
from engage.accounts.enums import Decision
from engage.challenges.models import Challenge
from engage.kernel.db import reading, unit_of_work
from engage.matchmaking import jobs, queries, service
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import WaveTerms
from engage.outbox.models import Letter
from tests.db.advisory.test_seats_at_once import Deed, actor_for, rush
from tests.factories import selection as made

PLACES, LINE = 4, 9


class Scene:
    """Four suppliers are invited, nine are next in line."""

    def __init__(self, session: Session, *, follow: bool) -> None:
        firms = made.firms(session, PLACES + LINE)
        run = made.planned(session, {firm: 20.0 - at for at, firm in enumerate(firms)}, places=PLACES)
        author = made.author(session, run)
        service.release(session, actor=author, run=run, terms=WaveTerms(alternates_follow=follow))
        self.author, self.challenge_id = author, run.challenge_id
        self.firms = [firm.ref for firm in firms]
        self.organisations = [firm.organisation_id for firm in firms]
        invited = queries.for_challenge(session, challenge_id=run.challenge_id)
        self.invited = [one.id for one in invited]

    def declining(self, place: int) -> Deed:
        def deed(session: Session) -> None:
            one = session.get_one(Invitation, self.invited[place])
            service.mark_declined(session, actor=actor_for(session, one), invitation=one)

        return deed

    def drawing(self) -> Deed:
        return lambda session: service.draw_alternates(session, challenge_id=self.challenge_id)

    def stepping_in(self) -> Deed:
        return lambda session: service.next_alternate(
            session, actor=self.author, challenge=session.get_one(Challenge, self.challenge_id)
        )

    def letting_go(self) -> Deed:
        return lambda session: service.release_alternates(
            session,
            actor=self.author,
            challenge=session.get_one(Challenge, self.challenge_id),
            terms=WaveTerms(alternates_follow=False),
        )

    def suspending(self, firm: int) -> Deed:
        return lambda session: accounts.decide(
            session,
            actor=made.ROBOT,
            organisation_id=self.organisations[firm],
            decision=Decision.SUSPEND,
            reason="Its number belongs to another.",
        )

    def states(self) -> Counter[str]:
        with reading() as session:
            found = queries.for_challenge(session, challenge_id=self.challenge_id)
            return Counter(one.state.value for one in found)

    def who(self, *states: InvitationState) -> list[str]:
        with reading() as session:
            found = queries.for_challenge(session, challenge_id=self.challenge_id)
            return [one.supplier.ref for one in found if one.state in states]

    def letters(self) -> int:
        """How many were told that they are invited."""
        with reading() as session:
            query = sa.select(sa.func.count(sa.distinct(Letter.audience))).where(
                Letter.template == "invitation"
            )
            return session.scalar(query) or 0


@pytest.fixture
def scene(committed: sa.Engine) -> Scene:
    with unit_of_work() as session:
        return Scene(session, follow=True)


@pytest.fixture
def waiting(committed: sa.Engine) -> Scene:
    with unit_of_work() as session:
        return Scene(session, follow=False)


def test_two_declines_at_once_and_jobs_that_run_twice_bring_two(scene: Scene) -> None:
    rush([scene.declining(0), scene.declining(1), *(scene.drawing() for _ in range(4))])
    rush([scene.drawing() for _ in range(6)])
    assert scene.states() == {"sent": PLACES, "declined": 2}
    assert scene.who(InvitationState.SENT) == [*scene.firms[2:4], *scene.firms[4:6]]
    assert scene.letters() == PLACES + 2


def test_the_job_and_a_person_who_clicks_give_no_place_twice(scene: Scene) -> None:
    rush([scene.declining(each) for each in range(PLACES)])
    ended = rush([scene.drawing(), scene.stepping_in(), scene.drawing(), scene.stepping_in()])
    assert set(ended) <= {"done", "Conflict"}
    assert scene.states() == {"sent": PLACES, "declined": PLACES}


def test_the_job_itself_runs_twice(scene: Scene) -> None:
    rush([scene.declining(0)])
    jobs.draw_alternates(scene.challenge_id)
    jobs.draw_alternates(scene.challenge_id)
    assert scene.states() == {"sent": PLACES, "declined": 1}


def test_what_waits_is_let_go_out_once(waiting: Scene) -> None:
    rush([waiting.declining(0), waiting.declining(1)])
    rush([waiting.drawing(), waiting.drawing(), waiting.letting_go()])
    rush([waiting.drawing(), waiting.letting_go(), waiting.letting_go()])
    assert waiting.states() == {"sent": PLACES, "declined": 2}
    assert waiting.letters() == PLACES + 2


@pytest.mark.parametrize("seed", range(3))
def test_declines_suspensions_and_drawing_at_once(scene: Scene, seed: int) -> None:
    deeds = [scene.declining(each) for each in range(PLACES)]
    deeds += [scene.drawing() for _ in range(4)] + [scene.suspending(each) for each in (2, 5, 7)]
    random.Random(seed).shuffle(deeds)
    ended = rush(deeds)
    assert set(ended) <= {"done", "Conflict"}
    jobs.draw_alternates(scene.challenge_id)
    assert scene.states()["sent"] == PLACES
    assert not set(scene.who(InvitationState.SENT)) & {scene.firms[each] for each in (2, 5, 7)}
