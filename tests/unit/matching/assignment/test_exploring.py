"""The draw among newcomers: exact probabilities, a limit on them, and a limit on what it costs."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from engage.matching.assignment import Entrant, Instance, Session, Terms, solve
from engage.matching.assignment.exploring import Arc, round_flow
from tests.unit.matching.assignment.instances import chosen

UNIT = 10


@st.composite
def flows(draw: st.DrawFn) -> list[Arc]:
    """Probabilities of pairs in tenths, as a flow that is conserved at every node."""
    pairs = [
        (f"s{a}", f"e{b}") for a in range(draw(st.integers(1, 2))) for b in range(draw(st.integers(1, 3)))
    ]
    arcs: list[Arc] = [(a, b, draw(st.integers(0, UNIT))) for a, b in pairs]
    sums: Counter[tuple[str, str]] = Counter()
    for a, b, flow in arcs:
        sums["outside", a] += flow
        sums[b, "outside"] += flow
    return arcs + [(*ends, flow) for ends, flow in sorted(sums.items())]


def every_outcome(arcs: list[Arc]) -> dict[tuple[int, ...], Fraction]:
    """All results of the rounding with their exact probabilities, by answering every question both ways."""
    found: dict[tuple[int, ...], Fraction] = defaultdict(Fraction)

    def explore(answers: list[bool]) -> None:
        weight = Fraction(1)
        asked = 0

        def happens(part: int, whole: int) -> bool:
            nonlocal weight, asked
            answer = answers[asked] if asked < len(answers) else True
            if asked >= len(answers):
                answers.append(True)
            asked += 1
            weight *= Fraction(part if answer else whole - part, whole)
            return answer

        found[tuple(round_flow(arcs, UNIT, happens))] += weight
        while answers and not answers[-1]:
            answers.pop()
        if answers:
            answers[-1] = False
            explore(answers)

    explore([])
    return found


@settings(max_examples=60, deadline=None)
@given(flows())
def test_the_draw_keeps_every_probability_exactly(arcs: list[Arc]) -> None:
    outcomes = every_outcome(arcs)
    assert sum(outcomes.values()) == 1
    for number, (_, _, flow) in enumerate(arcs):
        expected = sum((weight * result[number] for result, weight in outcomes.items()), Fraction(0))
        assert expected == flow
    for result in outcomes:
        for (_, _, flow), rounded in zip(arcs, result, strict=True):
            assert rounded % UNIT == 0
            assert abs(rounded - flow) < UNIT


def market(*, seed: str = "00", newcomers: int = 8, gap: float = 0.5, exploration: float = 0.25) -> Instance:
    """Two sessions of four places; incumbents a bit ahead of ``newcomers``."""
    entrants = [Entrant(id=f"old{number}", capacity=2) for number in range(8)]
    entrants += [Entrant(id=f"new{number}", tags=("new_entrant",)) for number in range(newcomers)]
    ahead = {entrant.id: 5 + gap if entrant.id.startswith("old") else 5.0 for entrant in entrants}
    return Instance(
        sessions=[Session(id=name, places=4, exploration=exploration) for name in ("a", "b")],
        suppliers=entrants,
        scores=[
            (name, one, points - at / 1000)
            for name in ("a", "b")
            for at, (one, points) in enumerate(ahead.items())
        ],
        seed=seed,
    )


def test_the_recorded_probabilities_are_those_of_the_draw() -> None:
    drawn: Counter[tuple[str, str]] = Counter()
    for number in range(300):
        plan = solve(market(seed=f"{number:04x}"))
        drawn.update((one.session, one.supplier) for one in plan.chances if one.drawn)
        assert {(one.session, one.supplier) for one in plan.chances if one.drawn} <= set(chosen(plan))
    chances = {(one.session, one.supplier): one.probability for one in solve(market()).chances}
    assert sum(chances.values()) == 2
    assert max(chances.values()) == 0.25
    # four standard deviations of 300 draws
    assert all(abs(drawn[pair] / 300 - probability) < 0.1 for pair, probability in chances.items())


def test_nobody_is_drawn_twice_and_everybody_drawn_has_a_probability() -> None:
    for number in range(50):
        plan = solve(market(seed=f"{number:04x}", exploration=0.5, gap=0.3))
        drawn = [place for place in plan.places if place.reason == "exploration"]
        assert len({place.supplier for place in drawn}) == len(drawn) == 4
        assert [place.probability for place in drawn] == [0.25] * 4
        assert len(plan.chances) == 16


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(0, 2**16))
def test_the_draw_never_costs_more_than_its_part(hundredths: int, number: int) -> None:
    instance = market(gap=hundredths / 100, seed=f"{number:x}", exploration=0.5)
    without = solve(market(gap=hundredths / 100, exploration=0.0))
    plan = solve(instance)
    assert plan.objective >= without.objective * (1 - instance.terms.fairness_cost) - 1e-6
    assert abs(plan.exploration_cost - (without.objective - plan.objective)) < 1e-6


def test_who_is_too_far_behind_is_not_in_the_draw() -> None:
    assert solve(market(gap=3.0)).chances == ()
    assert len(solve(market(gap=0.1)).chances) == 8


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 3))
def test_floors_are_met_before_places_are_drawn(number: int, floor: int) -> None:
    base = market(seed=f"{number:x}", exploration=0.5)
    entrants = [
        Entrant(id=one.id, capacity=one.capacity, tags=("sme",)) if one.id in {"old6", "old7"} else one
        for one in base.suppliers
    ]
    sessions = [Session(id=one.id, places=4, exploration=0.5, floors={"sme": floor}) for one in base.sessions]
    ruled = Instance(sessions=sessions, suppliers=entrants, scores=base.scores, seed=base.seed)
    missed = {one.session: one.by for one in solve(ruled).shortages}
    assert missed == ({} if floor < 3 else {"a": 1, "b": 1})


def test_too_few_newcomers_for_the_limit_are_not_drawn_from() -> None:
    assert [len(solve(market(newcomers=count)).chances) for count in (0, 3)] == [0, 0]
    alone, wide = market(newcomers=1), Terms(exploration_cap=1.0)
    plan = solve(dataclasses.replace(alone, terms=wide))
    assert [(one.supplier, one.probability) for one in plan.chances if one.drawn] == [("new0", 1.0)]
