"""Stepping in while others release, invite volunteers and suspend: nobody waits in a circle, no place too many."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import service as accounts
from engage.accounts.enums import Decision
from engage.accounts.models import Organisation
from engage.challenges.models import Challenge
from engage.kernel.db import reading, unit_of_work
from engage.matchmaking import queries, service
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.service.places import STANDING
from engage.suppliers.models import Supplier
from tests.db.advisory.test_seats_at_once import Deed, actor_for, rush
from tests.factories import selection as made

FIRMS = 8


class Scene:
    """Three challenges that share suppliers: two released with a place free again, one about to be released.

    In the released ones the next in line, latest supplier first, cannot come any more, so that many are passed over;
    the release goes through the same suppliers in the other order.
    """

    def __init__(self, session: Session) -> None:
        self.full = made.firms(session, FIRMS)
        free = made.firms(session, 2)
        gone = made.firms(session, 2)
        self.released, self.authors = [], []
        for first, last in zip(gone, free, strict=True):
            line = {firm: 5.0 - place / 10 for place, firm in enumerate(reversed(self.full))}
            run = made.planned(session, {first: 9.0} | line | {last: 1.0}, places=1)
            service.release(session, actor=made.author(session, run), run=run)
            self.released.append(run.challenge_id)
            self.authors.append(made.author(session, run))
            (sent,) = queries.for_challenge(session, challenge_id=run.challenge_id)
            service.mark_declined(session, actor=actor_for(session, sent), invitation=sent)
        # who is in line may have one more invitation, and each of them is chosen elsewhere
        for firm in self.full:
            firm.capacity_per_quarter = 1
        session.flush()
        scores = {firm: 5.0 - place / 10 for place, firm in enumerate(self.full)}
        waiting = made.planned(session, scores, places=FIRMS)
        self.waiting = waiting.id
        self.releaser = made.author(session, waiting)
        self.ids = [firm.id for firm in self.full]
        self.organisations = [firm.organisation_id for firm in self.full]

    def stepping_in(self, place: int) -> Deed:
        return lambda session: service.next_alternate(
            session, actor=self.authors[place], challenge=session.get_one(Challenge, self.released[place])
        )

    def releasing(self) -> Deed:
        return lambda session: service.release(
            session, actor=self.releaser, run=session.get_one(MatchRun, self.waiting)
        )

    def inviting(self, place: int, firm: int) -> Deed:
        """A volunteer that the department invites."""

        def deed(session: Session) -> None:
            challenge = session.get_one(Challenge, self.released[place])
            supplier = session.get_one(Supplier, self.ids[firm])
            service.invite(session, actor=self.authors[place], challenge=challenge, supplier=supplier)

        return deed

    def suspending(self, firm: int) -> Deed:
        return lambda session: accounts.decide(
            session,
            actor=made.ROBOT,
            organisation_id=self.organisations[firm],
            decision=Decision.SUSPEND,
            reason="Its number belongs to another.",
        )


@pytest.fixture
def scene(committed: sa.Engine) -> Scene:
    with unit_of_work() as session:
        return Scene(session)


def given(challenge_id: int) -> int:
    """Places that are given: volunteers take none."""
    with reading() as session:
        return service.room(session, challenge_id=challenge_id, places=1).given


def invited_though_suspended() -> list[str]:
    with reading() as session:
        query = (
            sa.select(Invitation)
            .join(Supplier, Supplier.id == Invitation.supplier_id)
            .join(Organisation, Organisation.id == Supplier.organisation_id)
            .where(Invitation.state.in_(STANDING), Organisation.state == "suspended")
        )
        return [one.supplier.ref for one in session.scalars(query)]


def test_who_is_passed_over_keeps_nobody_waiting_in_a_circle(scene: Scene) -> None:
    deeds = [scene.releasing(), scene.stepping_in(0), scene.stepping_in(1), scene.stepping_in(0)]
    assert rush(deeds) == {"done": 3, "Conflict": 1}
    assert [given(each) for each in scene.released] == [1, 1]
    with reading() as session:
        for firm in scene.ids:  # one invitation each, whoever came first
            query = sa.select(sa.func.count()).where(
                Invitation.supplier_id == firm, Invitation.state.in_(STANDING)
            )
            assert session.scalar(query) == 1


@pytest.mark.parametrize("seed", range(3))
def test_everything_at_once_gives_no_place_twice(scene: Scene, seed: int) -> None:
    deeds = [scene.releasing(), *(scene.stepping_in(place) for place in (0, 1, 0, 1))]
    deeds += [scene.inviting(place, firm) for place in (0, 1) for firm in (0, FIRMS - 1)]
    deeds += [scene.suspending(firm) for firm in (0, FIRMS // 2, FIRMS - 1)]
    random.Random(seed).shuffle(deeds)

    ended = rush(deeds)

    assert set(ended) <= {"done", "Conflict"}
    assert [given(each) for each in scene.released] == [1, 1]
    assert invited_though_suspended() == []
