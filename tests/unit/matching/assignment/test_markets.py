"""On made-up markets newcomers get their share, at little cost, and no session is left behind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engage.matching.assignment import FAIR_TERMS, Entrant, Instance, Plan, Session, Terms, solve
from tests.unit.matching.assignment.instances import broken_rules, chosen

SESSIONS, SUPPLIERS, CANDIDATES, PLACES = 12, 240, 60, 8
BARE = Terms(parity=False)


def market(seed: int, *, behind: float, share: float) -> Instance:
    """Sessions and suppliers as points; newcomers' scores are lower by the part ``behind``."""
    random = np.random.default_rng(seed)
    skills, wanted = random.normal(size=(SUPPLIERS, 8)), random.normal(size=(SESSIONS, 8))
    newcomer, small = random.random(SUPPLIERS) < share, random.random(SUPPLIERS) < 0.4
    points = wanted @ skills.T
    points = 2 + 4 * (points - points.min()) / (points.max() - points.min())
    points *= np.where(newcomer, 1 - behind, 1.0)
    best = np.argsort(-points, axis=1)[:, :CANDIDATES]
    tags = {0: (), 1: ("new_entrant",), 2: ("sme",), 3: ("new_entrant", "sme")}
    return Instance(
        sessions=[
            Session(id=f"s{number:02}", places=PLACES, floors={"sme": 2}, exploration=0.1)
            for number in range(SESSIONS)
        ],
        suppliers=[
            Entrant(
                id=f"e{number:03}",
                capacity=int(random.integers(1, 4)),
                tags=tags[int(newcomer[number]) + 2 * int(small[number])],
                recent=0 if newcomer[number] else int(random.integers(0, 4)),
            )
            for number in range(SUPPLIERS)
        ],
        scores=[
            (f"s{session:02}", f"e{supplier:03}", round(float(points[session, supplier]), 4))
            for session in range(SESSIONS)
            for supplier in best[session]
        ],
        seed=f"{seed:x}",
        terms=FAIR_TERMS,
    )


def newcomers_share(instance: Instance, names: list[str]) -> float:
    new = {one.id for one in instance.suppliers if "new_entrant" in one.tags}
    return sum(name in new for name in names) / len(names)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("behind", "share"), [(0.0, 0.3), (0.05, 0.2), (0.1, 0.4)])
def test_newcomers_hold_their_share_and_it_costs_little(seed: int, behind: float, share: float) -> None:
    instance = market(seed, behind=behind, share=share)
    free = [dataclasses.replace(one, floors={}, exploration=0.0) for one in instance.sessions]
    unconstrained = solve(dataclasses.replace(instance, sessions=free, terms=BARE))
    plan = solve(instance)
    qualified = sorted({supplier for _, supplier, _ in instance.scores})  # type: ignore[union-attr] # a list
    invited = [place.supplier for place in plan.places]
    assert broken_rules(instance, chosen(plan)) == []
    assert newcomers_share(instance, invited) >= newcomers_share(instance, qualified) - 0.02
    assert plan.score >= 0.95 * unconstrained.score
    assert len(plan.places) == SESSIONS * PLACES


def lowest(instance: Instance, plan: Plan) -> float:
    """The smallest part of its own best that a session has."""
    parts = []
    for session in instance.sessions:
        best = sorted((score for name, _, score in instance.scores if name == session.id), reverse=True)  # type: ignore[union-attr] # a list
        got = sum(place.score for place in plan.places if place.session == session.id)
        parts.append(got / sum(best[: session.places]))
    return min(parts)


@pytest.mark.parametrize("seed", range(3))
def test_the_worst_served_session_is_served_better(seed: int) -> None:
    instance = market(seed, behind=0.0, share=0.3)
    plain = [dataclasses.replace(one, floors={}, exploration=0.0) for one in instance.sessions]
    scarce = [dataclasses.replace(one, capacity=1) for one in instance.suppliers]
    bare = dataclasses.replace(instance, sessions=plain, suppliers=scarce, terms=BARE)
    even = solve(dataclasses.replace(bare, terms=Terms(even=True)))
    greedy = solve(bare)
    assert even.evenness is not None
    assert lowest(bare, even) >= even.evenness.percent / 100 - 1e-3
    assert lowest(bare, even) >= lowest(bare, greedy) - 1e-3
    assert even.evenness.percent <= even.evenness.possible
    assert abs(greedy.score - even.score - even.evenness.cost) < 1e-4


def test_parity_stops_where_it_would_cost_too_much() -> None:
    asked = dataclasses.replace(FAIR_TERMS, newcomer_share=0.9)
    instance = dataclasses.replace(market(1, behind=0.1, share=0.4), terms=asked)
    plan = solve(instance)
    plain = [dataclasses.replace(one, exploration=0.0) for one in instance.sessions]
    before = solve(
        dataclasses.replace(instance, sessions=plain, terms=dataclasses.replace(asked, parity=False))
    )
    assert plan.parity is not None
    assert plan.parity.held
    assert newcomers_share(instance, [place.supplier for place in before.places]) < plan.parity.share
    assert plan.parity.share < plan.parity.aim
    assert before.objective * (1 - asked.fairness_cost) - 1e-6 <= plan.objective < before.objective
