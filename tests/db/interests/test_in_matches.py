"""A declared conflict in a match: left out before anything is scored, frozen with the day, replayed as it was."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from engage.interests import queries
from engage.interests import service as interests
from engage.interests.enums import CheckPoint
from engage.kernel import clock
from engage.matchmaking import service
from engage.matchmaking.enums import HardRule
from engage.matchmaking.service import Verdict
from engage.matchmaking.service.frozen import thaw
from tests.factories import interests as made
from tests.factories import matchmaking, selection, suppliers


@pytest.fixture
def market(session: Session) -> matchmaking.Market:
    found = matchmaking.market(session)
    matchmaking.everybody_has_people(session, found)
    return found


def test_it_is_left_out_frozen_and_replayed_whatever_becomes_of_the_declaration(
    session: Session, market: matchmaking.Market
) -> None:
    official = made.official(session, market.challenge)
    declared = made.declared(session, official, counterpart=market.best.organisation)
    run = matchmaking.run(session, market)
    assert market.best.organisation.name not in matchmaking.names(run)
    assert run.suppliers_excluded == {HardRule.CONFLICT.value: 1}
    pool = thaw(session, run=run)
    assert (pool.on, pool.left_out) == (clock.uk_today(), {market.best.ref: HardRule.CONFLICT})
    (found,) = queries.findings(session, challenge_id=market.challenge.id)
    assert (found.point, found.subject, found.declaration_id) == (
        CheckPoint.MATCH,
        f"run:{run.ref}",
        declared.id,
    )
    interests.withdraw(session, actor=official, declaration=declared, reason="Another firm.")
    assert service.replay(session, run=run).differences == []
    assert market.best.organisation.name in matchmaking.names(matchmaking.run(session, market))


def test_one_declared_since_the_plan_blocks_that_invitation_and_the_next_steps_in(session: Session) -> None:
    firms = selection.firms(session, 3)
    run = selection.planned(session, dict(zip(firms, (3.0, 2.0, 1.0), strict=True)), places=1)
    official = made.official(session, run.challenge)
    made.declared(session, official, counterpart=firms[0].organisation)
    actor = selection.author(session, run)
    released = service.release(session, actor=actor, run=run)
    assert (released.sent, released.left_out) == ([], {HardRule.CONFLICT: 1})
    (found,) = queries.findings(session, challenge_id=run.challenge_id)
    assert (found.point, found.supplier_id) == (CheckPoint.INVITATION, firms[0].id)
    made.declared(session, official, counterpart=firms[1].organisation)
    stepped_in = service.next_alternate(session, actor=actor, challenge=run.challenge)
    assert stepped_in.supplier_id == firms[2].id


def test_a_held_invitation_waits_while_a_conflict_stands_in_the_way(session: Session) -> None:
    (firm,) = selection.firms(session, 1, people=False)
    run = selection.planned(session, {firm: 1.0}, places=1)
    (held,) = service.release(session, actor=selection.author(session, run), run=run).waiting
    declared = made.declared(session, made.official(session, run.challenge), counterpart=firm.organisation)
    suppliers.member(session, firm)
    assert service.send_waiting(session, actor=selection.ROBOT) == 0
    made.in_place(session, run.challenge, declared)
    assert service.send_waiting(session, actor=selection.ROBOT) == 1
    assert held.sent_at is not None


def test_the_supplier_reads_a_sentence_that_tells_nothing(
    session: Session, market: matchmaking.Market
) -> None:
    selection.rules(session, market.challenge, places=1)
    made.declared(session, made.official(session, market.challenge), counterpart=market.best.organisation)
    run = matchmaking.run(session, market, first=1)
    service.release(session, actor=matchmaking.author(session, market), run=run)
    told = service.standing(session, run=run, supplier=market.best)
    assert told.verdict is Verdict.HARD_RULE
    assert told.sentence == (
        "You were not invited because of a rule that comes before any comparison: "
        "the rules on conflicts of interest applied."
    )
