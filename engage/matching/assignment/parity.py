"""Newcomers hold their share of the qualified among all places, as far as that may cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engage.matching.assignment import linear
from engage.matching.assignment.linear import Effort, SolverError
from engage.matching.assignment.program import Row, build
from engage.matching.assignment.solved import Solved, within
from engage.matching.assignment.table import Bools, Table
from engage.matching.assignment.types import Ints, Terms

#: A bonus is found to this part of its size, and tried so many of these parts further: places are whole.
_FINE = 128
_TRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Balanced:
    """The plan, the share aimed at, newcomers' share of the qualified, and the bonus that was needed."""

    solved: Solved
    aim: float
    qualified: float
    bonus: int = 0

    @property
    def held(self) -> bool:
        """Whether the plan would have had fewer newcomers without the bonus."""
        return self.bonus > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    table: Table
    value: Ints
    newcomer: Bools
    fixed: Bools
    rows: list[Row]
    shortage: int
    least: float

    def relaxed(self, bonus: int) -> tuple[float, float]:
        """Return newcomers' share and the worth (without bonus) of the best plan with divisible places."""
        program = build(
            self.table,
            self.value + bonus * self.newcomer,
            fixed=self.fixed,
            extra=self.rows,
            shortage=self.shortage,
        )
        found = linear.relax(program.whole)
        assert found is not None, "the plan before is one"
        places = found[0][: self.table.size]
        return float(places[self.newcomer].sum() / max(places.sum(), 1e-9)), float(self.value @ places)

    def whole(self, bonus: int, known: Bools, effort: Effort) -> Solved | None:
        """Return the best plan with the bonus, its objective and bound without.

        No plan with at least as many newcomers is worth more than that bound.
        """
        try:
            found = within(
                self.table,
                self.value + bonus * self.newcomer,
                fixed=self.fixed,
                effort=effort,
                extra=self.rows,
                shortage=self.shortage,
                known=known,
            )
        except SolverError:
            return None
        if found is None:
            return None
        given = bonus * int(self.newcomer[found.chosen].sum())
        return replace(found, objective=found.objective - given, bound=found.bound - given)

    def share(self, chosen: Bools) -> float:
        """Return newcomers' share of the places of a plan."""
        return float(self.newcomer[chosen].sum() / max(1, chosen.sum()))


def qualified_share(table: Table, terms: Terms) -> float:
    """Return newcomers' share of the suppliers that could be chosen for something."""
    if terms.newcomer_share is not None:
        return terms.newcomer_share
    qualified = np.unique(table.supplier[table.capacity[table.supplier] > 0])
    mark = table.tags.get(terms.newcomer)
    return float(mark[qualified].mean()) if mark is not None and len(qualified) else 0.0


def balance(
    table: Table,
    terms: Terms,
    value: Ints,
    first: Solved,
    *,
    fixed: Bools,
    effort: Effort,
    rows: Sequence[list[Row]],
    least: float,
) -> Balanced:
    """Raise newcomers' share of the places to their share of the qualified less the slack.

    Every newcomer's value is raised by the same bonus, the smallest with which the share is
    reached; where the plan would then be worth less than ``least``, by the greatest with which it is not.
    ``rows`` are further rows to keep, first choice first: later ones are only used when the share
    cannot be reached with those before.
    """
    qualified = qualified_share(table, terms)
    aim = max(0.0, qualified - terms.parity_slack)
    result = Balanced(solved=first, aim=aim, qualified=qualified)
    newcomer = table.has(terms.newcomer)
    if not first.chosen.any() or newcomer[first.chosen].mean() >= aim:
        return result
    for choice, kept in enumerate(rows, start=1):
        problem = _Problem(
            table=table,
            value=value,
            newcomer=newcomer,
            fixed=fixed,
            rows=kept,
            shortage=first.shortage,
            least=least,
        )
        bonus, reached = _smallest_bonus(problem, aim)
        if reached or choice == len(rows):
            result = _with_bonus(problem, result, bonus, up=reached, effort=effort)
        if problem.share(result.solved.chosen) >= aim:
            break
    return result


def _with_bonus(problem: _Problem, known: Balanced, bonus: int, *, up: bool, effort: Effort) -> Balanced:
    """Return the plan with the bonus, or a little more (where the aim can be paid) or less, as whole places need it."""
    result, step = known, max(1, bonus // _FINE)
    for further in range(_TRIES):
        tried = bonus + further * step if up else bonus - further * step
        solved = problem.whole(tried, known.solved.chosen, effort.quick())
        affordable = solved is not None and solved.objective >= problem.least
        if solved is not None and affordable:
            share = problem.share(solved.chosen)
            if share > problem.share(result.solved.chosen):
                result = replace(result, solved=solved, bonus=tried)
            if share >= known.aim:
                break
        if affordable is not up:
            break
    return result


def _smallest_bonus(problem: _Problem, aim: float) -> tuple[int, bool]:
    """Return, for divisible places, the smallest bonus that reaches the aim or the greatest that may be paid.

    And whether the aim is reached.
    """
    most = 2 * max(1, int(np.abs(problem.value).max(initial=0)))
    high, low = 1, 0
    share, worth = problem.relaxed(high)
    while high < most and share < aim and worth >= problem.least:
        low, high = high, min(4 * high, most)
        share, worth = problem.relaxed(high)
    while high - low > max(1, high // _FINE):
        middle = (low + high) // 2
        share, worth = problem.relaxed(middle)
        if share >= aim or worth < problem.least:
            high = middle
        else:
            low = middle
    share, worth = problem.relaxed(high)
    affordable = worth >= problem.least
    return (high if affordable else low), affordable and share >= aim
