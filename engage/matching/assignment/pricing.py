"""What floors and caps cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engage.matching.assignment import linear
from engage.matching.assignment.linear import PARTS, Effort
from engage.matching.assignment.plan import Price
from engage.matching.assignment.program import Rule
from engage.matching.assignment.solved import Solved
from engage.matching.assignment.table import Table

#: Up to this many prices, and this many pairs, each is found by solving again.
_MOST_RULES = 40
_MOST_PAIRS = 5_000
#: Work for one such price: counted in nodes, so that it ends alike everywhere; the seconds are a safeguard.
_NODES, _SECONDS = 500, 30.0


def prices(table: Table, solved: Solved) -> tuple[Price, ...]:
    """Return the price of each floor and cap that costs something, sorted by session and rule.

    Rules whose row has no dual in the relaxation cost nothing there. For small
    problems the rest is found exactly, by loosening one rule by one and
    solving again; for large ones the dual is given, which is never less. A floor
    that is missed has no price: it is a shortage.
    """
    short = solved.answer.values[solved.program.pairs :]
    duals = solved.answer.certificate.duals
    floors = [rule for rule, missing in zip(solved.program.floors, short, strict=True) if not missing]
    costly = [rule for rule in (*floors, *solved.program.caps) if duals[rule.row] != 0]
    small = len(costly) <= _MOST_RULES and table.size <= _MOST_PAIRS and solved.proven
    floor_rows = {rule.row for rule in floors}
    found = []
    for rule in costly:
        is_floor = rule.row in floor_rows
        gain = _gain(solved, rule, is_floor) if small else None
        most = abs(int(duals[rule.row])) // PARTS
        points = round((most if gain is None else gain) * table.grain, 6)
        if points > 0:
            name = rule.floor_name if is_floor else rule.cap_name
            session = table.sessions[rule.session].id
            found.append(Price(session=session, rule=name, points=points, exact=gain is not None))
    return tuple(sorted(found, key=lambda price: (price.session, price.rule)))


def _gain(solved: Solved, rule: Rule, is_floor: bool) -> int | None:
    """Return what the objective gains when the rule is loosened by one; ``None``: not found out."""
    whole = solved.program.whole
    step = np.zeros(len(whole.row_lower))
    step[rule.row] = 1
    if is_floor:
        loosened = replace(whole, row_lower=whole.row_lower - step)
    else:
        loosened = replace(whole, row_upper=whole.row_upper + step)
    try:
        answer = linear.solve(loosened, Effort.of(_NODES, _SECONDS))
    except linear.SolverError:
        return None
    if answer is None or not answer.proven:
        return None
    return max(0, answer.objective - solved.answer.objective)
