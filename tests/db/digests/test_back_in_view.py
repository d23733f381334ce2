"""A challenge that is out of view for a while: told once to everybody, and missed by nobody."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from engage.accounts import service as organisations
from engage.accounts.enums import Decision
from engage.challenges import service
from engage.challenges.enums import EngagementPurpose, Route
from engage.challenges.models import Challenge
from engage.digests import jobs
from engage.digests.enums import Cadence, Topic
from engage.kernel import clock
from engage.kernel.actor import System
from engage.outbox.enums import LetterState
from tests.db.challenges.trail import Team
from tests.factories import digests
from tests.support.records import letters

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)


class World:
    """A public challenge; each step is a week after the one before."""

    def __init__(self, session: Session, traveller: time_machine.Traveller) -> None:
        self.session, self.traveller, self.team = session, traveller, Team(session)
        self.challenge: Challenge = self.team.published()

    def reader(self, email: str, **values: object) -> None:
        told = clock.now() - HOUR
        given = {"email": email, "cadence": Cadence.DAILY, "covered_until": told, "confirmed_at": told}
        digests.subscription(self.session, **{**given, **values})

    def later(self) -> None:
        self.traveller.shift(WEEK)

    def told(self) -> Counter[str]:
        """Run what is due a week later, send it, and count who was told of the challenge until now."""
        self.later()
        self.session.commit()
        jobs.open_runs(clock.now())
        assert jobs.write_runs()[1] is True
        self.session.expire_all()
        found = [one for one in letters(self.session, "digest") if one.state is not LetterState.CANCELLED]
        for one in found:
            one.state, one.sent_at = LetterState.SENT, one.created_at
        self.session.flush()
        return Counter(one.recipient for one in found if "New challenge: " in one.subject)

    def hide(self) -> None:
        change = service.propose_route(
            self.session,
            actor=self.team.author,
            challenge=self.challenge,
            to=Route.PRELIMINARY_MARKET_ENGAGEMENT,
            purposes=[EngagementPurpose.SUPPLIERS],
            reason="It will be bought.",
        )
        service.make_route_change(self.session, actor=self.team.approver, change=change)

    def show(self) -> None:
        service.record_notice(
            self.session,
            actor=self.team.author,
            challenge=self.challenge,
            notice_number="012345-2026",
            ocid="ocds-h6vhtk-0abc12",
        )
        service.publish(self.session, actor=self.team.author, challenge=self.challenge)

    def decide(self, decision: Decision) -> None:
        organisations.decide(
            self.session,
            actor=System(),
            organisation_id=self.team.department.id,
            decision=decision,
            reason="Somebody else uses its name." if decision.needs_reason else "",
        )


@pytest.fixture
def world(session: Session) -> object:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield World(session, traveller)


def test_back_from_its_notice_it_is_news_only_to_who_did_not_hear_of_it(world: World) -> None:
    world.reader("one@example.test")
    world.reader("two@example.test")
    world.reader("two@example.test", topic=Topic.DEPARTMENT, value=str(world.challenge.organisation_id))
    assert world.told() == Counter(["one@example.test", "two@example.test"])
    world.hide()
    world.reader("new@example.test")
    assert world.told() == Counter(["one@example.test", "two@example.test"])
    world.show()
    assert world.told() == Counter(["one@example.test", "two@example.test", "new@example.test"])


def test_what_a_suspension_hid_from_a_run_is_told_when_it_is_lifted(world: World) -> None:
    world.reader("early@example.test", cadence=Cadence.IMMEDIATE)
    world.told()
    world.reader("late@example.test", covered_until=clock.now() - 2 * WEEK)
    world.decide(Decision.SUSPEND)
    assert world.told() == Counter(["early@example.test"])
    world.decide(Decision.LIFT)
    assert world.told() == Counter(["early@example.test", "late@example.test"])
