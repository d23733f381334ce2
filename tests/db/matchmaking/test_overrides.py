"""A person decides about one supplier: with a reason, at once, within the hard rules, on the record."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.matchmaking import queries, service
from engage.matchmaking.enums import OverrideKind, RunState
from engage.matchmaking.models import MatchRun, SelectionOverride
from engage.suppliers.models import Supplier
from tests.factories import selection as made

PIN, EXCLUDE = OverrideKind.PIN, OverrideKind.EXCLUDE


def decide(
    session: Session, run: MatchRun, firm: Supplier, kind: OverrideKind, reason: str = "It knows the valley."
) -> SelectionOverride:
    actor = made.author(session, run)
    return service.override(session, actor=actor, run=run, supplier_ref=firm.ref, kind=kind, reason=reason)


@pytest.fixture
def firms(session: Session) -> list[Supplier]:
    return made.firms(session, 4)


@pytest.fixture
def run(session: Session, firms: list[Supplier]) -> MatchRun:
    return made.planned(session, dict(zip(firms, (3.0, 2.0, 1.0, -0.5), strict=True)), places=2)


def refs(*suppliers: Supplier) -> set[str]:
    return {supplier.ref for supplier in suppliers}


def test_a_pin_plans_anew_at_once_and_can_be_taken_back(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    a, b, c, _ = firms
    decision = decide(session, run, c, PIN)
    assert made.chosen(run) == refs(a, c)
    assert made.decided(run)[c.ref] == "pinned"
    assert made.alternates(run)[0] == b.ref
    service.end_override(session, actor=made.author(session, run), run=run, supplier_ref=c.ref)
    assert made.chosen(run) == refs(a, b)
    assert decision.ended_at is not None
    assert [one.id for one in queries.overrides(session, challenge_id=run.challenge_id)] == [decision.id]


def test_who_does_not_come_near_can_still_be_put_in_by_a_person(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    decide(session, run, firms[3], PIN)
    assert made.chosen(run) == refs(firms[0], firms[3])


def test_an_exclusion_gives_the_place_to_the_next(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    decide(session, run, firms[0], EXCLUDE)
    assert made.chosen(run) == refs(firms[1], firms[2])
    assert made.decided(run)[firms[0].ref] == "excluded"


def test_a_decision_holds_through_the_next_match(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    decide(session, run, firms[2], PIN)
    run.state = RunState.SUPERSEDED
    session.flush()
    again = made.matched(session, dict.fromkeys(firms, 1.0), challenge=run.challenge)
    service.plan(session, actor=made.ROBOT)
    assert made.decided(again)[firms[2].ref] == "pinned"


def test_the_decision_is_audited_without_what_was_thought_of_the_supplier(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    decide(session, run, firms[0], EXCLUDE, reason="Ann Smith was rude.")
    line = session.scalars(sa.select(AuditEvent).where(AuditEvent.tag == "matchmaking:override:made")).one()
    assert (line.subject, line.details["supplier"], line.details["kind"]) == (
        f"run:{run.ref}",
        firms[0].ref,
        "exclude",
    )
    assert "Ann Smith" not in line.payload
    tags = made.told(session, f"run:{run.ref}")
    assert tags == ["matchmaking:run:planned", "matchmaking:override:made", "matchmaking:run:planned"]


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501])
def test_a_reason_is_needed(session: Session, run: MatchRun, firms: list[Supplier], reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        decide(session, run, firms[0], EXCLUDE, reason=reason)
    assert list(caught.value.fields) == ["reason"]
    assert session.scalars(sa.select(SelectionOverride)).all() == []


def test_one_decision_at_a_time(session: Session, run: MatchRun, firms: list[Supplier]) -> None:
    decide(session, run, firms[0], PIN)
    with pytest.raises(Conflict, match="Take that back first"):
        decide(session, run, firms[0], EXCLUDE)


def test_a_pin_never_overcomes_a_hard_rule(session: Session, run: MatchRun, firms: list[Supplier]) -> None:
    firms[0].paused = True
    session.flush()
    with pytest.raises(Conflict, match="paused by the supplier"):
        decide(session, run, firms[0], PIN)


def test_pins_beyond_the_places_are_refused_with_the_way_out(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    decide(session, run, firms[1], PIN)
    decide(session, run, firms[2], PIN)
    with pytest.raises(Conflict, match=r"cannot all be kept.*smallest way out"), session.begin_nested():
        decide(session, run, firms[3], PIN)
    assert made.chosen(run) == refs(firms[1], firms[2])


def test_two_of_a_group_cannot_both_be_pinned(session: Session) -> None:
    a, b = (made.firm(session, corporate_group="Wye Group") for _ in range(2))
    run = made.planned(session, {a: 2.0, b: 1.0}, places=2)
    decide(session, run, a, PIN)
    with pytest.raises(Conflict, match="cannot all be kept"), session.begin_nested():
        decide(session, run, b, PIN)


def test_what_another_department_decided_is_not_told(session: Session) -> None:
    """One invitation is left and another department has given it away: its challenge, maybe hidden, stays unnamed."""
    wanted, other = made.firm(session, name="Wye Gauges"), made.firm(session)
    wanted.capacity_per_quarter = 1
    session.flush()
    elsewhere = made.planned(session, {wanted: 2.0, other: 1.0}, places=1)
    decide(session, elsewhere, wanted, PIN)
    here = made.planned(session, {wanted: 1.0, other: 2.0}, places=1)
    with pytest.raises(Conflict) as caught, session.begin_nested():
        decide(session, here, wanted, PIN)
    words = str(caught.value)
    assert elsewhere.challenge.ref not in words
    assert wanted.ref not in words
    ours = here.challenge.ref
    assert words.startswith("This cannot all be kept: people gave a place in ")
    assert f"a place in {ours} to Wye Gauges" in words
    assert "a place in another department’s challenge to Wye Gauges" in words
    assert "; Wye Gauges takes 1 more invitation this quarter. The smallest way out: take the place" in words


def test_a_contradiction_that_was_there_before_stops_nobody_else(session: Session) -> None:
    """Another challenge's pins may have come into contradiction: a decision here is not refused for that."""
    a, b = (made.firm(session) for _ in range(2))
    elsewhere = made.planned(session, {a: 2.0, b: 1.0}, places=2)
    decide(session, elsewhere, a, PIN)
    decide(session, elsewhere, b, PIN)
    here = made.planned(session, {a: 1.0, b: 2.0}, places=1)
    for each in (*elsewhere.candidates, *here.candidates):
        each.corporate_group = "wye group"
    session.flush()
    decide(session, here, b, EXCLUDE)
    assert made.chosen(here) == refs(a)
    assert made.chosen(elsewhere) == refs(a)
    assert made.decided(elsewhere)[b.ref] == "pin_not_kept"


def test_after_the_release_nothing_is_decided_any_more(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    service.release(session, actor=made.author(session, run), run=run)
    with pytest.raises(Conflict, match="released or replaced"):
        decide(session, run, firms[2], PIN)


def test_who_is_invited_already_needs_no_decision(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    service.invite(session, actor=made.ROBOT, challenge=run.challenge, supplier=firms[2])
    with pytest.raises(Conflict, match="already been invited"):
        decide(session, run, firms[2], EXCLUDE)


def test_only_candidates_are_decided_about(session: Session, run: MatchRun) -> None:
    with pytest.raises(NotFound):
        decide(session, run, made.firm(session), PIN)
    with pytest.raises(NotFound):
        service.end_override(session, actor=made.author(session, run), run=run, supplier_ref="s-nobody")
