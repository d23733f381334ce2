"""No session left behind: the smallest part of its own best that any session has is made as large as it can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engage.matching.assignment import linear
from engage.matching.assignment.linear import Effort, SolverError
from engage.matching.assignment.program import Row, build
from engage.matching.assignment.solved import Solved, within
from engage.matching.assignment.table import Bools, Table
from engage.matching.assignment.types import Ints

#: A session's own best, in hundredths of a per cent.
_WHOLE = 10_000
#: Up to this many pairs the search for a level is complete.
_COMPLETE = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Levelled:
    """The plan with its level in per cent, and the greatest level that was not ruled out."""

    solved: Solved
    percent: int
    possible: int


def own_best(table: Table) -> Ints:
    """Return for each session the points of the best places it could have if it were alone."""
    good = np.flatnonzero(table.points > 0)
    order = good[np.lexsort((good, -table.points[good], table.session[good]))]
    group = table.group[table.supplier[order]]
    codes = table.session[order] * (int(group.max(initial=0)) + 2) + group
    first = np.zeros(len(order), bool)
    first[np.unique(codes, return_index=True)[1]] = True
    order = order[first | (group < 0)]
    session = table.session[order]
    rank = np.arange(len(order)) - np.searchsorted(session, session)
    kept = order[rank < table.places[session]]
    return np.bincount(table.session[kept], weights=table.points[kept], minlength=len(table.sessions)).astype(
        np.int64
    )


def parts_of_best(table: Table) -> Ints:
    """Return what each pair is of its session's own best, in hundredths of a per cent, rounded up."""
    best = own_best(table)[table.session]
    parts = -(-table.points * _WHOLE // np.maximum(best, 1))
    return np.where(best > 0, parts, 0)


def even_out(table: Table, value: Ints, first: Solved, *, fixed: Bools, effort: Effort) -> Levelled:
    """Raise the lowest session as far as floors allow, in whole per cent, at the least loss of ``value``.

    The highest level that could be reached if places were divisible is found by halving; from there
    down, the first level a plan is found for is taken. Up to ``_COMPLETE`` pairs the search for
    that plan is complete, and what it does not find is ruled out.
    """
    parts = parts_of_best(table)
    lowest = lowest_percent(table, parts, first.chosen)
    possible, too_high = lowest, 101
    while too_high - possible > 1:
        middle = (possible + too_high) // 2
        rows = level_rows(table, parts, middle)
        program = build(table, value, fixed=fixed, shortage=first.shortage, extra=rows)
        if linear.relax(program.whole) is None:
            too_high = middle
        else:
            possible = middle
    complete = table.size <= _COMPLETE
    for percent in range(possible, lowest, -1):
        rows = level_rows(table, parts, percent)
        try:
            solved = within(
                table,
                value,
                fixed=fixed,
                effort=effort if complete else effort.quick(),
                extra=rows,
                shortage=first.shortage,
            )
        except SolverError:
            solved, complete = None, False
        if solved is not None:
            return Levelled(solved=solved, percent=percent, possible=possible)
        possible = percent - 1 if complete else possible
    return Levelled(solved=first, percent=lowest, possible=possible)


def level_rows(table: Table, parts: Ints, percent: int) -> list[Row]:
    """Hold every session that has a best of its own to ``percent`` of it."""
    least = np.full(len(table.sessions), percent * 100)
    return least_rows(table, parts, np.where(measured(table, parts), least, 0))


def least_rows(table: Table, parts: Ints, least: Ints) -> list[Row]:
    """Hold each session to its ``least`` part of its own best, where that is above 0."""
    rows = []
    for session in np.flatnonzero(least > 0):
        part = table.slice_of(int(session))
        columns = np.arange(part.start, part.stop)
        rows.append(Row(columns=columns, factors=parts[part], lower=float(least[session])))
    return rows


def parts_by_session(table: Table, parts: Ints, chosen: Bools) -> Ints:
    """Return what each session has of its own best, in hundredths of a per cent."""
    worth = np.bincount(table.session[chosen], weights=parts[chosen], minlength=len(table.sessions))
    return worth.astype(np.int64)


def lowest_percent(table: Table, parts: Ints, chosen: Bools) -> int:
    """Return the smallest part of its own best that any session has, in whole per cent."""
    shares = np.clip(parts_by_session(table, parts, chosen) // 100, 0, 100)
    return int(shares[measured(table, parts)].min(initial=100))


def measured(table: Table, parts: Ints) -> Bools:
    """Mark the sessions that have a best of their own."""
    return np.bincount(table.session[parts > 0], minlength=len(table.sessions)) > 0
