"""The hard rules as the database applies them, and the facts told of those who take part."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.challenges.enums import ChallengeState
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.matchmaking.enums import HardRule, InvitationState
from engage.matchmaking.models import Invitation
from engage.matchmaking.service.sifting import Entrant, sift
from engage.suppliers.models import Supplier
from tests.factories import accounts, challenges
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms

Change = Callable[[Session, made.Market, Supplier], None]


def rule(session: Session, market: made.Market, supplier: Supplier) -> HardRule | None:
    session.flush()
    found = sift(session, department=market.department)
    assert (supplier.ref in found.entrants) is not (supplier.ref in found.left_out)
    return found.left_out.get(supplier.ref)


def entrant(session: Session, market: made.Market, supplier: Supplier) -> Entrant:
    session.flush()
    return sift(session, department=market.department, ids=[supplier.id]).entrants[supplier.ref]


def invite(session: Session, supplier: Supplier, state: InvitationState, sent: datetime) -> None:
    elsewhere = challenges.challenge(session, state=ChallengeState.PUBLISHED)
    session.add(
        Invitation(
            ref=f"i{elsewhere.id}",
            challenge_id=elsewhere.id,
            supplier_id=supplier.id,
            origin="volunteered",
            state=state,
            created_at=sent,
            sent_at=sent,
            expires_at=sent + timedelta(days=14),
        )
    )
    session.flush()


def unverified(_session: Session, _market: made.Market, supplier: Supplier) -> None:
    supplier.organisation.state = OrganisationState.REFUSED


def paused(_session: Session, _market: made.Market, supplier: Supplier) -> None:
    supplier.paused = True


def expired(_session: Session, _market: made.Market, supplier: Supplier) -> None:
    supplier.statements[0].expires_on = clock.uk_today()


def full(_session: Session, _market: made.Market, supplier: Supplier) -> None:
    supplier.capacity_per_quarter = 0


def torn(session: Session, market: made.Market, supplier: Supplier) -> None:
    theirs = firms.member(session, supplier)
    accounts.membership(
        session, person=theirs.person, organisation=market.department, roles={Role.FACILITATOR}
    )


BREAK: list[tuple[HardRule, Change]] = [
    (HardRule.NOT_VERIFIED, unverified),
    (HardRule.PAUSED, paused),
    (HardRule.NO_STATEMENT, expired),
    (HardRule.NO_CAPACITY, full),
    (HardRule.CONFLICT, torn),
]


@pytest.fixture
def market(session: Session) -> made.Market:
    return made.market(session)


@pytest.mark.parametrize(("broken", "change"), BREAK, ids=[one.value for one, _ in BREAK])
def test_each_rule_leaves_out_one_and_only_that_one(
    session: Session, market: made.Market, broken: HardRule, change: Change
) -> None:
    change(session, market, market.best)
    assert rule(session, market, market.best) is broken
    assert sift(session, department=market.department).excluded == {broken: 1}


@pytest.mark.parametrize("first", range(len(BREAK)))
def test_of_several_broken_rules_the_first_counts(session: Session, market: made.Market, first: int) -> None:
    for _, change in BREAK[first:]:
        change(session, market, market.best)
    assert rule(session, market, market.best) is BREAK[first][0]


def test_every_rule_is_tried_here() -> None:
    assert [one for one, _ in BREAK] == list(HardRule)


def test_who_left_one_of_the_two_is_in_no_conflict(session: Session, market: made.Market) -> None:
    torn(session, market, market.best)
    for membership in market.department.memberships:
        membership.ended_at = clock.now()
    assert rule(session, market, market.best) is None


def test_a_conflict_is_with_the_department_that_asks(session: Session, market: made.Market) -> None:
    torn(session, market, market.best)
    session.flush()
    other = accounts.new_organisation(session, name="Another Office")
    assert sift(session, department=other).left_out == {}
    assert sift(session, department=None).left_out == {}


@time_machine.travel(datetime(2026, 5, 20, 12, tzinfo=UTC), tick=False)
def test_facts_are_told_of_who_takes_part(session: Session, market: made.Market) -> None:
    best = market.best
    best.sme, best.regions, best.corporate_group, best.capacity_per_quarter = True, ["TLC"], "Wet Group", 3
    firms.statement(session, best, title="Then", client=" river  OFFICE ", dated=date(2024, 2, 1))
    firms.statement(session, best, title="Undated", client="River Office")
    firms.statement(session, best, title="Old", client="River Office", expires_on=clock.uk_today())
    firms.statement(session, best, title="Others", client="Lake Office")
    invite(session, best, InvitationState.ACCEPTED, clock.now() - timedelta(days=1))
    invite(session, best, InvitationState.DECLINED, clock.now() - timedelta(days=364))
    invite(session, best, InvitationState.EXPIRED, clock.now() - timedelta(days=366))
    found = entrant(session, market, best)
    assert (found.id, found.ref, found.sme, found.vcse, found.regions) == (
        best.id,
        best.ref,
        True,
        None,
        ("TLC",),
    )
    assert (found.group, found.capacity_left, found.recent) == ("Wet Group", 2, 2)
    assert found.work == (("river  OFFICE", date(2024, 2, 1)), ("River Office", None))


def test_some_can_be_asked_for_alone(session: Session, market: made.Market) -> None:
    session.flush()
    some = [market.best.id, market.suppliers["Taxi Line"].id]
    found = sift(session, department=market.department, ids=some)
    assert set(found.entrants) == {market.best.ref, market.suppliers["Taxi Line"].ref}
    every = sift(session, department=market.department)
    assert {ref: every.entrants[ref] for ref in found.entrants} == found.entrants
