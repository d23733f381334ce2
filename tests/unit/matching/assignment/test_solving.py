"""Plans keep every rule, are the best there are, and are the same whatever the order of the lists."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.matching.assignment import (
    FAIR_TERMS,
    Entrant,
    Instance,
    Scores,
    Session,
    Status,
    Terms,
    costs,
    instance_from_json,
    instance_to_json,
    left_out,
    next_alternate,
    plan_from_json,
    plan_to_json,
    solve,
    split_reason,
)
from tests.unit.matching.assignment.instances import (
    best_by_trying,
    broken_rules,
    chosen,
    instances,
    unmet,
)

FAIR = dataclasses.replace(FAIR_TERMS, exploration_cap=0.5)


@settings(max_examples=80, deadline=None)
@given(instances(sessions=2, suppliers=4))
def test_the_plan_is_as_good_as_the_best_found_by_trying_everything(instance: Instance) -> None:
    plan, best = solve(instance), best_by_trying(instance)
    if plan.status is Status.INFEASIBLE:
        assert chosen(plan) == []
        return
    assert best is not None
    assert plan.status is Status.OPTIMAL
    assert (unmet(instance, chosen(plan)), round(plan.objective * 1e5)) == best
    assert plan.bound == plan.objective
    assert plan.gap == 0


@settings(max_examples=80, deadline=None)
@given(st.one_of(instances(), instances(terms=FAIR, exploring=True)))
def test_no_rule_is_ever_broken(instance: Instance) -> None:
    plan = solve(instance)
    if plan.status is Status.INFEASIBLE:
        assert plan.conflicting
        assert plan.relaxation
    else:
        assert broken_rules(instance, chosen(plan)) == []
        assert sum(one.by for one in plan.shortages if one.rule.startswith("floor:")) == unmet(
            instance, chosen(plan)
        )


@settings(max_examples=60, deadline=None)
@given(instances(terms=FAIR, exploring=True), st.randoms(use_true_random=False))
def test_the_order_of_the_lists_leaves_no_trace(instance: Instance, dice: random.Random) -> None:
    names = ("sessions", "suppliers", "scores", "conflicts", "exclusions", "pins", "previous")
    mixed: dict[str, Any] = {name: list(getattr(instance, name)) for name in names}
    for rows in mixed.values():
        dice.shuffle(rows)
    other = dataclasses.replace(instance, **mixed)
    assert plan_to_json(solve(other)) == plan_to_json(solve(instance))
    assert instance_to_json(other) == instance_to_json(instance)


@settings(max_examples=60, deadline=None)
@given(instances(terms=FAIR, exploring=True))
def test_instances_and_plans_come_back_from_json(instance: Instance) -> None:
    again = instance_from_json(instance_to_json(instance))
    plan = solve(again)
    assert instance_to_json(again) == instance_to_json(instance)
    assert plan_to_json(plan) == plan_to_json(solve(instance))
    assert plan_from_json(plan_to_json(plan)) == plan


@settings(max_examples=60, deadline=None)
@given(instances(terms=FAIR, exploring=True))
def test_everybody_is_told_what_decided(instance: Instance) -> None:
    plan = solve(instance)
    if plan.status is Status.INFEASIBLE:
        return
    out = left_out(instance, plan)
    pairs = [(one.session, one.supplier) for one in out]
    assert sorted([*pairs, *chosen(plan)]) == sorted((a, b) for a, b, _ in instance.scores)  # type: ignore[union-attr] # a list
    for reason in [*(one.reason for one in out), *(place.reason for place in plan.places)]:
        split_reason(reason)
    pins = {pair for pair in instance.pins if pair in chosen(plan)}
    assert {(one.session, one.supplier) for one in plan.places if one.reason == "pinned"} == pins


@settings(max_examples=60, deadline=None)
@given(instances(sessions=2, suppliers=3))
def test_choosing_somebody_costs_no_less_than_is_said(instance: Instance) -> None:
    plan = solve(instance)
    if plan.status is Status.INFEASIBLE:
        return
    best = best_by_trying(instance)
    assert best is not None
    out = [(one.session, one.supplier) for one in left_out(instance, plan)]
    for pair, cost in costs(instance, plan, out).items():
        forced = best_by_trying(instance, having=pair)
        if forced is None:
            assert cost.points is None
            assert cost.blocked != ""
        else:
            assert cost.points is not None
            assert cost.shortages == forced[0] - best[0]
            if cost.shortages == 0:
                assert round(cost.points * 1e5) <= best[1] - forced[1]


@settings(max_examples=60, deadline=None)
@given(instances(pinned=False))
def test_alternates_keep_the_rules_when_they_step_in(instance: Instance) -> None:
    plan = solve(instance)
    if not plan.places:
        return
    leaver = plan.places[0]
    name = next_alternate(instance, plan, session=leaver.session, gone=[leaver.supplier])
    if name is not None:
        stayed = [pair for pair in chosen(plan) if pair != (leaver.session, leaver.supplier)]
        assert broken_rules(instance, [*stayed, (leaver.session, name)]) == []
        assert name != leaver.supplier


def market(*, sessions: int = 1, places: int = 2, scores: list[float]) -> Instance:
    """Suppliers e0, e1, … with the given score in every session."""
    return Instance(
        sessions=[Session(id=f"s{number}", places=places) for number in range(sessions)],
        suppliers=[Entrant(id=f"e{number}", capacity=1) for number in range(len(scores))],
        scores=[
            (f"s{session}", f"e{number}", score)
            for session in range(sessions)
            for number, score in enumerate(scores)
        ],
    )


def test_alternates_come_in_order_of_fit() -> None:
    plan = solve(market(scores=[5, 4, 3, 2, 1]))
    assert chosen(plan) == [("s0", "e0"), ("s0", "e1")]
    assert dict(plan.alternates) == {"s0": ("e2", "e3")}


def test_an_alternate_who_fills_a_missed_floor_comes_first() -> None:
    base = market(scores=[5, 4, 3, 2, 1])
    entrants = [
        dataclasses.replace(one, tags=("sme",)) if one.id in {"e1", "e4"} else one for one in base.suppliers
    ]
    instance = dataclasses.replace(
        base, suppliers=entrants, sessions=[Session(id="s0", places=2, floors={"sme": 1})]
    )
    plan = solve(instance)
    assert next_alternate(instance, plan, session="s0", gone=["e0"]) == "e2"
    assert next_alternate(instance, plan, session="s0", gone=["e1"]) == "e4"


def test_arrays_give_the_same_plan_as_lists() -> None:
    listed = market(sessions=3, scores=[5, 4, 3.5, 2, 1, 0.25])
    rows = [(int(a[1:]), int(b[1:]), c) for a, b, c in listed.scores]  # type: ignore[union-attr] # a list
    session, supplier, score = zip(*reversed(rows), strict=True)
    arrays = Scores(session=np.array(session), supplier=np.array(supplier), score=np.array(score))
    held = dataclasses.replace(listed, scores=arrays)
    assert plan_to_json(solve(held)) == plan_to_json(solve(listed))
    assert instance_to_json(held) == instance_to_json(listed)


def test_a_shortage_says_who_is_lacking_where() -> None:
    instance = dataclasses.replace(
        market(scores=[5, 4]), sessions=[Session(id="S", places=3, floors={"new_entrant": 2})]
    )
    instance = dataclasses.replace(instance, scores=[("S", "e0", 5.0), ("S", "e1", 4.0)])
    assert [one.words for one in solve(instance).shortages] == [
        "1 place stays empty in session S.",
        "new_entrant short by 2 in session S: 2 asked for, 0 chosen, 0 could be considered.",
    ]


def test_the_price_of_a_floor_is_what_the_total_would_gain_without_its_last_place() -> None:
    base = market(scores=[5, 4, 3, 2.5])
    entrants = [
        dataclasses.replace(one, tags=("sme",)) if one.id in {"e2", "e3"} else one for one in base.suppliers
    ]
    instance = dataclasses.replace(
        base, suppliers=entrants, sessions=[Session(id="s0", places=2, floors={"sme": 2})]
    )
    plan = solve(instance)
    assert [(price.rule, price.points, price.exact) for price in plan.prices] == [("floor:sme", 2.5, True)]
    assert [place.reason for place in plan.places] == ["floor:sme", "floor:sme"]
    assert [one.reason for one in left_out(instance, plan)] == ["floor:sme", "floor:sme"]


def test_the_last_session_is_not_left_behind() -> None:
    instance = Instance(
        sessions=[Session(id="a", places=1), Session(id="b", places=1)],
        suppliers=[Entrant(id="x"), Entrant(id="y")],
        scores=[("a", "x", 10), ("a", "y", 8), ("b", "x", 9)],
    )
    greedy = solve(instance)
    even = solve(dataclasses.replace(instance, terms=Terms(even=True)))
    assert chosen(greedy) == [("a", "y"), ("b", "x")]
    far = dataclasses.replace(instance, scores=[("a", "x", 10), ("a", "y", 3), ("b", "x", 6)])
    assert chosen(solve(far)) == [("a", "x")]
    assert chosen(solve(dataclasses.replace(far, terms=Terms(even=True)))) == [("a", "y"), ("b", "x")]
    assert even.evenness is not None
    assert (even.evenness.percent, even.evenness.possible, even.evenness.cost) == (80, 80, 0.0)


def test_a_plan_in_force_wins_ties() -> None:
    instance = dataclasses.replace(market(scores=[3, 3, 3, 3]), seed="ab")
    for kept in ("e0", "e1", "e2", "e3"):
        plan = solve(dataclasses.replace(instance, previous=[("s0", kept)]))
        assert kept in {place.supplier for place in plan.places}


def test_nothing_to_do_is_a_plan() -> None:
    plan = solve(Instance(sessions=[], suppliers=[], scores=[]))
    assert (plan.status, plan.objective, plan.places) == (Status.OPTIMAL, 0.0, ())
    alone = Instance(sessions=[Session(id="a", places=1)], suppliers=[], scores=[])
    assert [one.rule for one in solve(alone).shortages] == ["places"]


def test_who_has_no_capacity_is_left_out_and_told_so() -> None:
    instance = dataclasses.replace(
        market(scores=[5, 4]), suppliers=[Entrant(id="e0", capacity=0), Entrant(id="e1")]
    )
    plan = solve(instance)
    assert chosen(plan) == [("s0", "e1")]
    assert [(one.supplier, one.reason) for one in left_out(instance, plan)] == [("e0", "capacity")]
