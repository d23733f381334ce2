"""What cannot be met together is named, as few orders as can be, and so is the least to change."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings

from engage.matching.assignment import Entrant, Instance, Plan, Session, Status, solve
from tests.unit.matching.assignment.instances import best_by_trying, instances

PAIRS = [(session, supplier) for session in ("a", "b") for supplier in ("x", "y", "z")]


def instance(**changes: Any) -> Instance:
    base = Instance(
        sessions=[Session(id="a", places=2), Session(id="b", places=2)],
        suppliers=[
            Entrant(id="x", tags=("sme",), group="Acme"),
            Entrant(id="y", group="Acme"),
            Entrant(id="z", capacity=2, tags=("vcse",)),
        ],
        scores=[(*pair, 5.0 - place) for place, pair in enumerate(PAIRS)],
    )
    return dataclasses.replace(base, **changes)


def words(plan: Plan) -> tuple[list[str], list[str]]:
    return [order.words for order in plan.conflicting], [change.words for change in plan.relaxation]


def test_a_pin_against_a_conflict_of_interest() -> None:
    plan = solve(instance(pins=[("a", "x")], conflicts=[("a", "x")]))
    assert plan.status is Status.INFEASIBLE
    assert words(plan) == (
        ["x is pinned to session a.", "x has a conflict of interest with session a."],
        ["Drop the pin of x to session a."],
    )


def test_a_pin_against_an_exclusion() -> None:
    plan = solve(instance(pins=[("a", "x")], exclusions=[("a", "x")]))
    assert [order.kind for order in plan.conflicting] == ["pin", "exclusion"]


def test_pins_beyond_a_capacity_keep_the_best() -> None:
    plan = solve(instance(pins=[("a", "x"), ("b", "x")]))
    assert words(plan) == (
        ["x is pinned to session a.", "x is pinned to session b.", "x has capacity for 1 session."],
        ["Drop the pin of x to session b."],
    )


def test_two_pins_of_one_group() -> None:
    plan = solve(instance(pins=[("a", "x"), ("a", "y")]))
    assert words(plan) == (
        [
            "x is pinned to session a.",
            "y is pinned to session a.",
            "Session a takes one supplier of the group 'Acme'.",
        ],
        ["Drop the pin of y to session a."],
    )


def test_more_of_one_floor_than_places() -> None:
    plan = solve(instance(sessions=[Session(id="a", places=2, floors={"sme": 3}), Session(id="b", places=2)]))
    assert words(plan) == (
        ["At least 3 of sme are asked for in session a.", "Session a has 2 places."],
        ["Ask for 2 instead of 3 of sme in session a."],
    )


def test_floors_nobody_counts_for_twice_need_a_place_each() -> None:
    rules = {"sme": 1, "vcse": 2}
    plan = solve(instance(sessions=[Session(id="a", places=2, floors=rules), Session(id="b", places=2)]))
    assert [order.kind for order in plan.conflicting] == ["floor", "floor", "places"]
    assert len(plan.relaxation) == 1


def test_floors_somebody_counts_for_twice_fit_in_fewer_places() -> None:
    rules = {"sme": 1, "vcse": 2}
    both = [Entrant(id="x", tags=("sme", "vcse")), Entrant(id="y"), Entrant(id="z", tags=("vcse",))]
    sessions = [Session(id="a", places=2, floors=rules), Session(id="b", places=2)]
    assert solve(instance(sessions=sessions, suppliers=both)).status is Status.OPTIMAL


def test_a_floor_above_the_cap_of_the_same_tag() -> None:
    session = Session(id="a", places=2, floors={"sme": 2}, caps={"sme": 1})
    plan = solve(instance(sessions=[session, Session(id="b", places=2)]))
    assert words(plan) == (
        ["At most 1 of sme are allowed in session a.", "At least 2 of sme are asked for in session a."],
        ["Allow 2 of sme in session a."],
    ) or words(plan)[1] == ["Ask for 1 instead of 2 of sme in session a."]


def test_too_few_suppliers_for_a_floor_are_a_shortage_and_no_contradiction() -> None:
    plan = solve(
        instance(sessions=[Session(id="a", places=2, floors={"region:UKC": 2}), Session(id="b", places=2)])
    )
    assert plan.status is Status.OPTIMAL
    assert [(one.rule, one.by) for one in plan.shortages if one.session == "a"] == [("floor:region:UKC", 2)]


def test_floors_can_give_way_to_the_places_instead_of_contradicting_them() -> None:
    session = Session(id="a", places=2, floors={"sme": 2, "vcse": 2}, floors_give_way=True)
    others = [Session(id="b", places=2)]
    suppliers = [
        Entrant(id="x", tags=("sme",)),
        Entrant(id="y", tags=("sme",)),
        Entrant(id="z", tags=("vcse",)),
    ]
    plan = solve(instance(sessions=[session, *others], suppliers=suppliers))
    assert plan.status is Status.OPTIMAL
    assert sum(one.by for one in plan.shortages if one.session == "a") == 2
    pins = [("a", "x"), ("a", "y"), ("a", "z")]
    pinned = solve(instance(sessions=[session, *others], suppliers=suppliers, pins=pins))
    assert sorted(words(pinned)[0]) == [
        "Session a has 2 places.",
        "x is pinned to session a.",
        "y is pinned to session a.",
        "z is pinned to session a.",
    ]


def test_pins_may_pass_a_cap_and_that_is_said() -> None:
    session = Session(id="a", places=2, caps={"sme": 0})
    plan = solve(instance(sessions=[session, Session(id="b", places=2)], pins=[("a", "x")]))
    assert plan.status is Status.OPTIMAL
    assert [(one.rule, one.by) for one in plan.shortages if one.session == "a"] == [("cap:sme", 1)]


@pytest.mark.parametrize("places", [0, 1])
def test_more_pins_than_places(places: int) -> None:
    sessions = [Session(id="a", places=places), Session(id="b", places=2)]
    plan = solve(instance(sessions=sessions, pins=[("a", "x"), ("a", "z")]))
    assert len(plan.conflicting) == places + 2
    assert len(plan.relaxation) == min(1, 2 - places) == 1 or len(plan.relaxation) == 2 - places


@settings(max_examples=60, deadline=None)
@given(instances(sessions=2, suppliers=4))
def test_pins_that_can_be_kept_are_no_contradiction_unless_floors_are(given_one: Instance) -> None:
    without = dataclasses.replace(
        given_one,
        sessions=[dataclasses.replace(session, floors={}) for session in given_one.sessions],
    )
    possible = best_by_trying(without) is not None
    assert (solve(without).status is not Status.INFEASIBLE) == possible


@settings(max_examples=60, deadline=None)
@given(instances(sessions=2, suppliers=4))
def test_after_the_smallest_relaxation_there_is_a_plan(given_one: Instance) -> None:
    plan = solve(given_one)
    if plan.status is Status.INFEASIBLE:
        assert solve(relaxed(given_one, plan)).status is Status.OPTIMAL


def relaxed(old: Instance, plan: Plan) -> Instance:
    """The instance with the changes of the plan made."""
    sessions, pins = {session.id: session for session in old.sessions}, set(old.pins)
    for change in plan.relaxation:
        order = change.order
        if order.kind == "pin":
            pins.discard((order.session, order.supplier))
            continue
        assert change.to is not None
        own = sessions[order.session]
        if order.kind == "places":
            sessions[own.id] = dataclasses.replace(own, places=change.to)
        elif order.kind == "floor":
            sessions[own.id] = dataclasses.replace(own, floors={**own.floors, order.tag: change.to})
        else:
            sessions[own.id] = dataclasses.replace(own, caps={**own.caps, order.tag: change.to})
    return dataclasses.replace(old, sessions=list(sessions.values()), pins=sorted(pins))
