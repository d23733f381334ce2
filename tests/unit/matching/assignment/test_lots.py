"""Lots decide among near-ties and nothing else."""

from __future__ import annotations

import dataclasses
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from engage.matching.assignment import Entrant, Instance, Session, Status, Terms, left_out, solve
from tests.unit.matching.assignment.instances import chosen, instances

NEAR = 0.5


def contest(*scores: float, places: int, near_tie: float = NEAR, seed: str = "00") -> Instance:
    return Instance(
        sessions=[Session(id="s", places=places)],
        suppliers=[Entrant(id=f"e{number}") for number in range(len(scores))],
        scores=[("s", f"e{number}", score) for number, score in enumerate(scores)],
        seed=seed,
        terms=Terms(near_tie=near_tie),
    )


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=12), st.integers(1, 8), st.integers(0, 2**32))
def test_whoever_is_further_apart_than_the_near_tie_is_never_overtaken(
    hundredths: list[int], places: int, number: int
) -> None:
    scores = [value / 100 for value in hundredths]
    plan = solve(contest(*scores, places=places, seed=f"{number:08x}"))
    inside = {int(place.supplier[1:]) for place in plan.places}
    for winner in inside:
        for loser in set(range(len(scores))) - inside:
            assert hundredths[loser] - hundredths[winner] <= NEAR * 100


@settings(max_examples=60, deadline=None)
@given(instances(pinned=False, distinct=True), st.integers(0, 2**32))
def test_where_no_two_plans_are_worth_the_same_the_seed_changes_nothing(
    instance: Instance, seed: int
) -> None:
    plan = solve(instance)
    if plan.status is Status.INFEASIBLE:
        return
    other = solve(dataclasses.replace(instance, seed=f"{seed:x}"))
    scores = {(a, b): c for a, b, c in instance.scores}  # type: ignore[union-attr] # a list
    assert other.objective == plan.objective
    if min((abs(score) for score in scores.values()), default=1) > 1e-5:
        assert chosen(other) == chosen(plan)


def test_equal_scores_are_equally_likely_to_win() -> None:
    won: Counter[str] = Counter()
    for number in range(200):
        plan = solve(contest(2, 2, 2, 2, places=1, near_tie=0, seed=f"{number:04x}"))
        won[plan.places[0].supplier] += 1
    # four standard deviations around 50
    assert all(25 <= won[f"e{number}"] <= 75 for number in range(4))


def test_the_nearer_the_tie_the_nearer_to_even_chances() -> None:
    def wins(behind: float) -> int:
        seeds = (f"{number:04x}" for number in range(150))
        plans = (solve(contest(3, 3 - behind, places=1, seed=seed)) for seed in seeds)
        return sum(plan.places[0].supplier == "e1" for plan in plans)

    near, far, beyond = wins(0.05), wins(0.35), wins(0.51)
    assert 45 <= near <= 82
    assert 1 <= far <= 20
    assert beyond == 0


def test_who_won_or_lost_by_lot_is_told_so() -> None:
    instance = contest(9, 3, 3, 1, places=2)
    plan = solve(instance)
    assert [place.reason for place in plan.places] == ["fit", "lot"]
    loser = next(one for one in left_out(instance, plan) if one.score == 3)
    assert loser.reason == "lot"
    assert [one.reason for one in left_out(instance, plan) if one.supplier == "e3"] == ["fit"]


def test_recent_invitations_take_a_small_part_off() -> None:
    base = contest(3.00, 2.90, places=1, near_tie=0)
    busy = [Entrant(id="e0", recent=9), Entrant(id="e1")]
    held = dataclasses.replace(base, suppliers=busy, terms=Terms(balance=0.05))
    assert chosen(solve(held)) == [("s", "e1")]
    assert solve(held).score == 2.90
    least = dataclasses.replace(held, scores=[("s", "e0", 3.00), ("s", "e1", 2.84)])
    assert chosen(solve(least)) == [("s", "e0")]
    assert solve(least).objective == 2.85
