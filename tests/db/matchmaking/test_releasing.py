"""Releasing what the plan has chosen: checked once more, never what nobody has seen; and who steps in."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict
from engage.matchmaking import queries, service
from engage.matchmaking.enums import HardRule, OverrideKind, RunState
from engage.matchmaking.models import Invitation, MatchRun
from engage.suppliers.models import Supplier
from tests.factories import accounts
from tests.factories import selection as made


@pytest.fixture
def firms(session: Session) -> list[Supplier]:
    return made.firms(session, 5)


@pytest.fixture
def run(session: Session, firms: list[Supplier]) -> MatchRun:
    scores = dict(zip(firms, (5.0, 4.0, 3.0, 2.0, 1.0), strict=True))
    return made.planned(session, scores, places=2)


def release(session: Session, run: MatchRun, **options: Any) -> service.Released:
    return service.release(session, actor=made.author(session, run), run=run, **options)


def invited(session: Session, run: MatchRun) -> list[str]:
    found = queries.for_challenge(session, challenge_id=run.challenge_id)
    return [one.supplier.ref for one in found]


def step_in(session: Session, run: MatchRun) -> Invitation:
    return service.next_alternate(session, actor=made.author(session, run), challenge=run.challenge)


def decline(session: Session, run: MatchRun, firm: Supplier) -> None:
    found = queries.invitation_of(session, challenge_id=run.challenge_id, supplier_id=firm.id)
    assert found is not None
    actor = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=firm.organisation)
    service.mark_declined(session, actor=actor, invitation=found)


def test_exactly_the_chosen_are_invited(session: Session, run: MatchRun, firms: list[Supplier]) -> None:
    released = release(session, run)
    assert [one.supplier for one in released.sent] == firms[:2]
    assert run.state is RunState.RELEASED


def test_a_plan_that_nobody_has_seen_is_not_released(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    seen = service.plan_mark(one for one in run.candidates if one.outcome == "chosen")
    service.override(
        session,
        actor=made.author(session, run),
        run=run,
        supplier_ref=firms[4].ref,
        kind=OverrideKind.PIN,
        reason="Knows it.",
    )
    with pytest.raises(Conflict, match="changed since you looked"):
        release(session, run, seen=seen)
    now = service.plan_mark(one for one in run.candidates if one.outcome == "chosen")
    assert len(release(session, run, seen=now).sent) == 2


def test_the_hard_rules_are_checked_again_and_the_next_can_step_in(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    firms[0].paused = True
    session.flush()
    released = release(session, run)
    assert released.left_out == {HardRule.PAUSED: 1}
    assert invited(session, run) == [firms[1].ref]
    assert made.decided(run)[firms[0].ref] == "release:paused"
    assert made.chosen(run) == {firms[1].ref}
    assert step_in(session, run).supplier.ref == firms[2].ref
    with pytest.raises(Conflict, match="All 2 places are taken"):
        step_in(session, run)


def test_somebody_who_became_an_official_is_left_out(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    official = accounts.member(session, Role.FACILITATOR, organisation=run.challenge.organisation)
    accounts.membership(
        session,
        person=official.person,
        organisation=firms[0].organisation,
        roles={Role.SUPPLIER_EXPERT},
    )
    assert release(session, run).left_out == {HardRule.CONFLICT: 1}


def test_nobody_of_a_group_that_was_invited_since_the_plan(session: Session) -> None:
    a, b = (made.firm(session, corporate_group="Wye Group") for _ in range(2))
    run = made.planned(session, {a: 2.0}, places=1)
    service.invite(session, actor=made.ROBOT, challenge=run.challenge, supplier=b)
    released = release(session, run)
    assert (released.sent, released.same_group) == ([], 1)
    assert made.decided(run)[a.ref] == "release:group"


class TestAlternates:
    def test_they_step_in_one_by_one_for_those_who_decline(
        self, session: Session, run: MatchRun, firms: list[Supplier]
    ) -> None:
        release(session, run)
        with pytest.raises(Conflict, match="places are taken"):
            step_in(session, run)
        decline(session, run, firms[0])
        assert step_in(session, run).supplier.ref == firms[2].ref
        decline(session, run, firms[2])
        assert step_in(session, run).supplier.ref == firms[3].ref
        decline(session, run, firms[1])
        assert step_in(session, run).supplier.ref == firms[4].ref
        decline(session, run, firms[3])
        with pytest.raises(Conflict, match="no alternate left"):
            step_in(session, run)
        assert made.told(session, f"run:{run.ref}").count("matchmaking:run:alternate") == 3

    def test_one_that_a_hard_rule_leaves_out_by_now_is_passed_over(
        self, session: Session, run: MatchRun, firms: list[Supplier]
    ) -> None:
        release(session, run)
        decline(session, run, firms[0])
        firms[2].capacity_per_quarter = 0
        session.flush()
        assert step_in(session, run).supplier.ref == firms[3].ref

    def test_a_floor_stays_kept(self, session: Session) -> None:
        big, more = made.firms(session, 2)
        small, smaller = made.firms(session, 2, sme=True)
        scores = {big: 4.0, small: 3.0, more: 2.0, smaller: 1.0}
        run = made.planned(session, scores, places=2, floors={"sme": 1})
        release(session, run)
        decline(session, run, small)
        assert step_in(session, run).supplier.ref == smaller.ref

    def test_a_cap_stays_kept_and_so_does_the_group(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        b.corporate_group = a.corporate_group = "Wye Group"
        d = made.firm(session)
        session.flush()
        run = made.planned(session, {a: 4.0, d: 3.0, b: 2.0, c: 1.0}, places=2)
        release(session, run)
        decline(session, run, d)
        assert step_in(session, run).supplier.ref == c.ref

    def test_not_before_the_release(self, session: Session, run: MatchRun) -> None:
        with pytest.raises(Conflict, match="once the invitations"):
            step_in(session, run)

    def test_not_after_the_last_day(self, session: Session, run: MatchRun, firms: list[Supplier]) -> None:
        release(session, run)
        decline(session, run, firms[0])
        run.challenge.closes_on = clock.uk_today().replace(year=2020)
        session.flush()
        with pytest.raises(Conflict, match="open"):
            step_in(session, run)
