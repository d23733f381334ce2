"""The best plan for given values: floors first, then the total."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engage.matching.assignment import linear
from engage.matching.assignment.linear import Answer, Effort, SolverError
from engage.matching.assignment.program import Program, Row, build
from engage.matching.assignment.table import Bools, Table
from engage.matching.assignment.types import Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A plan as marks on the pairs, with its ``objective`` and the ``bound`` of all plans like it.

    ``shortage`` places of floors are unmet; ``least`` is certain to be, whatever the plan.
    """

    chosen: Bools
    objective: int
    bound: int
    shortage: int
    least: int
    program: Program
    answer: Answer

    @property
    def proven(self) -> bool:
        """Whether no plan has fewer shortages, or as many and a greater objective."""
        return self.shortage <= self.least and self.objective >= self.bound


def best(table: Table, value: Ints, *, fixed: Bools, effort: Effort, extra: Sequence[Row] = ()) -> Solved:
    """Return the plan with the fewest unmet places of floors and, of those, the greatest ``value``.

    Unmet places are first charged more than any single exchange gains. A plan
    that leaves none unmet, or no more than the least possible, is then the best:
    all plans with as many pay the same charge. Otherwise the least possible becomes a limit.
    """
    program = build(table, value, fixed=fixed, extra=extra)
    found = _answer(program, linear.solve(program.whole, effort), least=0)
    if found.shortage == 0:
        return found
    counting = build(table, value, fixed=fixed, extra=extra, count_only=True)
    fewest = linear.solve(counting.whole, effort)
    assert fewest is not None, "the same rules had a plan before"
    if found.shortage <= -fewest.objective:
        return replace(found, least=-fewest.bound)
    limited = build(table, value, fixed=fixed, extra=extra, shortage=-fewest.objective)
    return _answer(limited, linear.solve(limited.whole, effort), least=-fewest.bound)


def within(
    table: Table,
    value: Ints,
    *,
    fixed: Bools,
    effort: Effort,
    extra: Sequence[Row],
    shortage: int,
    known: Bools | None = None,
) -> Solved | None:
    """Return the best plan with at most ``shortage`` unmet places, the least there can be.

    ``None`` when there is none, or none was found with this effort. With ``known``, a
    plan that keeps the rules and the extra rows, one as good as that is always found.
    """
    program = build(table, value, fixed=fixed, extra=extra, shortage=shortage)
    hint = None if known is None else _columns(program, known)
    answer = linear.solve(program.whole, effort, hint=hint)
    return None if answer is None else _answer(program, answer, least=shortage)


def _columns(program: Program, chosen: Bools) -> Ints:
    """Return the plan as values of the columns, with what it lacks of each floor."""
    values = np.zeros(len(program.whole.cost), np.int64)
    values[: program.pairs] = chosen
    rows = [rule.row for rule in program.floors]
    missing = program.whole.row_lower[rows] - (program.whole.matrix @ values)[rows]
    values[program.pairs :] = np.maximum(missing, 0).astype(np.int64)
    return values


def settle(found: Solved, prefer: Callable[[Ints], Ints], effort: Effort) -> Solved:
    """Return, of all plans worth as much as ``found``, the one with the greatest sum of ``prefer``.

    ``prefer`` gives the wishes of the pairs at the places it is asked for.
    """
    whole = found.program.whole
    tied = linear.ties(whole, found.answer)
    free = np.flatnonzero(tied.lower < tied.upper)
    pairs = free[free < found.program.pairs]
    if not len(pairs):
        return found
    wishes = np.zeros(len(whole.cost), np.int64)
    wishes[pairs] = prefer(pairs)
    try:
        answer = linear.solve(replace(tied, cost=wishes), effort.quick())
    except SolverError:
        return found
    if answer is None or int(whole.cost @ answer.values) < found.answer.objective:
        return found
    chosen = answer.values[: found.program.pairs] > 0
    return replace(found, chosen=chosen, answer=replace(found.answer, values=answer.values))


def _answer(program: Program, answer: Answer | None, *, least: int) -> Solved:
    if answer is None:
        raise SolverError("No plan keeps the rules, though none contradict each other.")
    shortage = int(answer.values[program.pairs :].sum())
    charge = program.penalty * shortage
    return Solved(
        chosen=answer.values[: program.pairs] > 0,
        objective=answer.objective + charge,
        bound=answer.bound + charge,
        shortage=shortage,
        least=least,
        program=program,
        answer=answer,
    )
