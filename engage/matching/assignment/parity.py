"""Newcomers hold their share of the qualified among all places, as far as that may cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engage.matching.assignment import linear
from engage.matching.assignment.linear import Effort, SolverError
from engage.matching.assignment.program import Row, build
from engage.matching.assignment.solved import Solved, within
from engage.matching.assignment.table import Bools, Table
from engage.matching.assignment.types import Ints, Terms

#: Shares are whole parts of this.
_PARTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Balanced:
    """The plan, the share aimed at, newcomers' share of the qualified, and whether the plan had to change."""

    solved: Solved
    aim: float
    qualified: float
    held: bool


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
    rows: list[Row],
    least: float,
) -> Balanced:
    """Raise newcomers' share of the places to their share of the qualified less the slack.

    Not further than a plan worth ``least`` allows: then to the greatest share (in
    1/1000, found by halving) that it does.
    """
    share = qualified_share(table, terms)
    aim = math.ceil(max(0.0, share - terms.parity_slack) * _PARTS - 1e-9)
    result = Balanced(solved=first, aim=aim / _PARTS, qualified=share, held=False)
    now = _share(table, terms, first.chosen)
    if now >= aim or not first.chosen.any():
        return result
    reachable = _affordable(
        table, terms, value, first, fixed=fixed, rows=rows, least=least, low=now, high=aim
    )
    for held in range(reachable, now, -1):
        more = [*rows, _row(table, terms, held)]
        try:
            solved = within(
                table, value, fixed=fixed, effort=effort.quick(), extra=more, shortage=first.shortage
            )
        except SolverError:
            continue
        if solved is not None and solved.objective >= least:
            return replace(result, solved=solved, held=True)
    return result


def _affordable(
    table: Table,
    terms: Terms,
    value: Ints,
    first: Solved,
    *,
    fixed: Bools,
    rows: list[Row],
    least: float,
    low: int,
    high: int,
) -> int:
    """Return the greatest share up to ``high`` that divisible places could have at that price."""

    def affordable(share: int) -> bool:
        extra = [*rows, _row(table, terms, share)]
        program = build(table, value, fixed=fixed, extra=extra, shortage=first.shortage)
        relaxed = linear.relax(program.whole)
        charge = program.penalty * first.shortage
        return relaxed is not None and relaxed[1].bound + charge >= least

    if affordable(high):
        return high
    too_high = high
    while too_high - low > 1:
        middle = (low + too_high) // 2
        if affordable(middle):
            low = middle
        else:
            too_high = middle
    return low


def _row(table: Table, terms: Terms, share: int) -> Row:
    factors = np.where(table.has(terms.newcomer), _PARTS, 0) - share
    return Row(columns=np.arange(table.size), factors=factors, lower=0.0)


def _share(table: Table, terms: Terms, chosen: Bools) -> int:
    count = int(chosen.sum())
    return int(table.has(terms.newcomer)[chosen].sum()) * _PARTS // count if count else 0
