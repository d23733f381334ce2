"""Rounds, matches, decisions and releases that meet: nobody waits in a circle, nobody is promised twice."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.models import Challenge
from engage.kernel.actor import Actor
from engage.kernel.db import reading, unit_of_work
from engage.matchmaking import queries, service
from engage.matchmaking.enums import OverrideKind, RunState
from engage.matchmaking.models import Invitation, MatchRun, SelectionOverride, SelectionRound
from engage.matchmaking.service import RulesText
from tests.db.advisory.test_seats_at_once import Deed, rush
from tests.factories import selection as made


class Scene:
    """Two planned challenges of different departments that share suppliers with little capacity."""

    def __init__(self, session: Session) -> None:
        firms = made.firms(session, 4, capacity_per_quarter=1)
        self.refs = [firm.ref for firm in firms]
        scores = dict(zip(firms, (4.0, 3.0, 2.0, 1.0), strict=True))
        runs = [made.matched(session, scores, places=1) for _ in range(2)]
        service.plan(session, actor=made.ROBOT)
        self.runs = [run.id for run in runs]
        self.challenges = [run.challenge_id for run in runs]
        self.authors: list[Actor] = [made.author(session, run) for run in runs]

    def planning(self) -> Deed:
        return lambda session: service.plan(session, actor=made.ROBOT)

    def pinning(self, place: int, firm: int) -> Deed:
        return lambda session: service.override(
            session,
            actor=self.authors[place],
            run=session.get_one(MatchRun, self.runs[place]),
            supplier_ref=self.refs[firm],
            kind=OverrideKind.PIN,
            reason="It knows the valley.",
        )

    def ruling(self, place: int, places: int) -> Deed:
        return lambda session: service.set_rules(
            session,
            actor=self.authors[place],
            challenge=session.get_one(Challenge, self.challenges[place]),
            rules=RulesText(places=places, exploration=0.0, reason="A larger room."),
        )

    def releasing(self, place: int) -> Deed:
        return lambda session: service.release(
            session, actor=self.authors[place], run=session.get_one(MatchRun, self.runs[place])
        )


@pytest.fixture
def scene(committed: sa.Engine) -> Scene:
    with unit_of_work() as session:
        return Scene(session)


def test_two_rounds_at_once_come_to_the_same_plan(scene: Scene) -> None:
    assert rush([scene.planning()] * 4) == {"done": 4}
    with reading() as session:
        made_by = session.scalars(sa.select(SelectionRound).order_by(SelectionRound.id)).all()
        assert len(made_by) == 5
        assert len({each.plan_hash for each in made_by[1:]}) == 1
        runs = session.scalars(sa.select(MatchRun)).all()
        assert {run.round_id for run in runs} == {made_by[-1].id}


def test_one_of_two_pins_of_the_last_capacity_is_refused(scene: Scene) -> None:
    assert rush([scene.pinning(0, 0), scene.pinning(1, 0)]) == {"done": 1, "Conflict": 1}
    with reading() as session:
        assert len(session.scalars(sa.select(SelectionOverride)).all()) == 1
        chosen = [made.chosen(run) for run in session.scalars(sa.select(MatchRun))]
        assert sum(scene.refs[0] in each for each in chosen) == 1


def test_a_release_and_rounds_meet(scene: Scene) -> None:
    """Whatever comes first: what is released stays, and no plan gives away what a release has used up."""
    deeds = [
        scene.releasing(0),
        scene.planning(),
        scene.ruling(1, 3),
        scene.planning(),
        scene.releasing(0),
    ]
    assert rush(deeds) == {"done": 5}
    with unit_of_work() as session:
        service.plan(session, actor=made.ROBOT)
    with reading() as session:
        released, standing = (session.get_one(MatchRun, each) for each in scene.runs)
        assert (released.state, standing.state) == (RunState.RELEASED, RunState.MATCHED)
        invited = {
            one.supplier.ref for one in queries.for_challenge(session, challenge_id=released.challenge_id)
        }
        assert len(invited) == 1
        assert made.chosen(released) == invited
        assert len(made.chosen(standing)) == 3
        assert made.chosen(standing) & invited == set()


def test_alternates_that_are_asked_for_twice_step_in_once(scene: Scene) -> None:
    with unit_of_work() as session:
        scene.ruling(0, 2)(session)
        run = session.get_one(MatchRun, scene.runs[0])
        service.release(session, actor=scene.authors[0], run=run)
        first = queries.for_challenge(session, challenge_id=run.challenge_id)[0]
        service.withdraw(session, actor=made.ROBOT, invitation=first, reason="It left the market.")

    def stepping_in(session: Session) -> None:
        challenge = session.get_one(Challenge, scene.challenges[0])
        service.next_alternate(session, actor=scene.authors[0], challenge=challenge)

    assert rush([stepping_in] * 3) == {"done": 1, "Conflict": 2}
    with reading() as session:
        found = session.scalars(sa.select(Invitation).where(Invitation.challenge_id == scene.challenges[0]))
        assert sum(one.state == "sent" for one in found) == 2
