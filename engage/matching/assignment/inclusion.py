"""Why a pair was left out, and what choosing it would have cost."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engage.matching.assignment import linear
from engage.matching.assignment.plan import Cost, LeftOut, Plan, Reason
from engage.matching.assignment.program import build
from engage.matching.assignment.reasons import Decided, reasons_for_out, views
from engage.matching.assignment.solving import decided_by
from engage.matching.assignment.table import Table
from engage.matching.assignment.types import Instance, Pair
from engage.matching.errors import InputError


def left_out(instance: Instance, plan: Plan) -> tuple[LeftOut, ...]:
    """Return what decided about each pair with a score that ``plan`` leaves out, sorted by session and supplier.

    An infeasible plan decided about nobody: the result is empty.
    """
    if plan.conflicting:
        return ()
    decided = decided_by(instance, plan)
    table = decided.table
    found = [
        _left_out(table, session, supplier, points, _bar(table, session, supplier))
        for session, supplier, points in table.barred
    ]
    for view in views(decided):
        for place, reason in zip(view.out.tolist(), reasons_for_out(view), strict=True):
            pair = int(table.session[place]), int(table.supplier[place])
            found.append(_left_out(table, *pair, int(table.points[place]), reason))
    return tuple(sorted(found, key=lambda one: (one.session, one.supplier)))


def costs(instance: Instance, plan: Plan, pairs: Iterable[Pair]) -> dict[Pair, Cost]:
    """Return what choosing each of ``pairs`` would have taken off the total.

    The best plan with the pair is compared with the best plan without such an order,
    both with the pins and draws of ``plan``, its floors and caps, and as if places were
    divisible: the true cost is never less. Evenness and parity are left aside.
    Chosen pairs cost nothing. Raises ``InputError`` for a pair without a score.
    """
    decided = decided_by(instance, plan)
    table = decided.table
    fixed = table.pinned | decided.drawn
    program = build(table, decided.value, fixed=fixed)
    trial = linear.Trial(program.whole)
    free, free_short = _worth(trial.run(), program.pairs, program.penalty)
    found = {}
    for pair in pairs:
        at = _position(table, pair)
        if at is None:
            found[pair] = Cost(points=None, blocked=_barred(table, pair))
        elif decided.chosen[at]:
            found[pair] = Cost(points=0.0)
        else:
            values = trial.run(forced=at)
            if values is None:
                found[pair] = Cost(points=None, blocked=_blocked(decided, at))
                continue
            worth, short = _worth(values, program.pairs, program.penalty)
            points = max(0.0, round((free - worth) * table.grain, 6))
            found[pair] = Cost(points=points, shortages=max(0, round(short - free_short)))
    return found


def _worth(found: linear.Trialled | None, pairs: int, penalty: int) -> tuple[float, float]:
    assert found is not None, "a plan is there"
    short = float(found.values[pairs:].sum())
    return found.objective + penalty * short, short


def _bar(table: Table, session: int, supplier: int) -> str:
    conflict = (session, supplier) in table.conflicts
    return str(Reason.CONFLICT if conflict else Reason.EXCLUDED)


def _left_out(table: Table, session: int, supplier: int, points: int, reason: str) -> LeftOut:
    return LeftOut(
        session=table.sessions[session].id,
        supplier=table.suppliers[supplier].id,
        score=round(points * table.grain, 6),
        reason=reason,
    )


def _numbers(table: Table, pair: Pair) -> tuple[int, int]:
    session = next((at for at, own in enumerate(table.sessions) if own.id == pair[0]), None)
    supplier = next((at for at, own in enumerate(table.suppliers) if own.id == pair[1]), None)
    if session is None or supplier is None:
        raise InputError(f"{pair[0]!r} with {pair[1]!r} has no score.")
    return session, supplier


def _position(table: Table, pair: Pair) -> int | None:
    session, supplier = _numbers(table, pair)
    at = table.place_of(session, supplier)
    if at is None and not any(barred[:2] == (session, supplier) for barred in table.barred):
        raise InputError(f"{pair[0]!r} with {pair[1]!r} has no score.")
    return at


def _barred(table: Table, pair: Pair) -> str:
    return _bar(table, *_numbers(table, pair))


def _blocked(decided: Decided, at: int) -> str:
    """Return what makes it impossible to choose the pair beside what is pinned and drawn."""
    table = decided.table
    fixed = table.pinned | decided.drawn
    session, supplier = table.session[at], table.supplier[at]
    if int(fixed[table.supplier == supplier].sum()) >= table.capacity[supplier]:
        return str(Reason.CAPACITY)
    here = np.flatnonzero(fixed & (table.session == session))
    group = table.group[supplier]
    if group >= 0 and (table.group[table.supplier[here]] == group).any():
        return str(Reason.GROUP)
    for tag, number in sorted(table.sessions[session].caps.items()):
        if table.has_at(tag, np.array([at]))[0] and int(table.has_at(tag, here).sum()) >= number:
            return f"{Reason.CAP}:{tag}"
    return str(Reason.EXPLORATION if decided.drawn[here].any() else Reason.PINNED)
