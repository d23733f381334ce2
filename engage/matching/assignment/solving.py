"""From an instance to its plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from engage.matching.assignment import linear, lots
from engage.matching.assignment.contradictions import contradiction
from engage.matching.assignment.evenness import (
    even_out,
    least_rows,
    lowest_percent,
    measured,
    parts_by_session,
    parts_of_best,
)
from engage.matching.assignment.exploring import PROBABILITY_PARTS, Draw, explore
from engage.matching.assignment.linear import Effort
from engage.matching.assignment.parity import Balanced, balance
from engage.matching.assignment.plan import Chance, Evenness, Parity, Place, Plan, Shortage, Status
from engage.matching.assignment.pricing import prices
from engage.matching.assignment.program import Row
from engage.matching.assignment.reasons import Decided, View, alternates, reasons_for_chosen, shortages, views
from engage.matching.assignment.solved import Solved, best, settle, within
from engage.matching.assignment.table import Bools, Table, tabulate
from engage.matching.assignment.types import ASSIGNMENT_VERSION, Instance, Ints, Terms

_TICKETS = 2**20
#: How far, in hundredths of a per cent, evenness gives way to parity, if it must.
_GIVE_WAY = (0, 200, 500, 1000, 10_000)
#: A pair of the previous plan counts as much as this many lots.
_PREVIOUS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """The plan after each step, with what the step needs to be told about."""

    solved: Solved
    evenness: Evenness | None = None
    as_even_as_can_be: bool = True
    draw: Draw | None = None
    exploration_cost: int = 0
    parity: Balanced | None = None
    parity_cost: int = 0


def solve(instance: Instance) -> Plan:
    """Choose whom to invite, over all sessions at once.

    In this order, each step keeping what the ones before it reached: places,
    capacities, groups, conflicts, exclusions, pins and caps are kept always;
    as few places of floors as possible stay unmet; the session that fares
    worst fares as well as it can (``terms.even``); newcomers are drawn for the
    exploration places; newcomers hold their share (``terms.parity``); the total
    is as great as possible; equal plans are decided by ``previous``, then by lot.
    The same instance, in any order, gives the same plan.

    Raises ``InputError`` for an instance that makes no sense. Orders that
    contradict each other end as a plan with the status infeasible.
    """
    table, terms = tabulate(instance), instance.terms
    seed = instance.seed.lower()
    found = contradiction(table)
    known = Plan(status=Status.INFEASIBLE, seed=seed, version=ASSIGNMENT_VERSION, solver=linear.solver_name())
    if found is not None:
        return replace(known, conflicting=found.conflicting, relaxation=found.relaxation)
    plain = lots.balanced(table, terms)
    value = plain + lots.near_tie_lots(table, terms, seed)
    steps = _decide(table, terms, value, seed)
    drawn = np.zeros(table.size, bool)
    if steps.draw is not None:
        drawn[steps.draw.members[steps.draw.drawn]] = True
    decided = Decided(
        table=table,
        terms=terms,
        seed=seed,
        plain=plain,
        value=value,
        chosen=steps.solved.chosen,
        drawn=drawn,
        parity=steps.parity is not None and steps.parity.held,
    )
    return _describe(known, decided, steps)


def decided_by(instance: Instance, plan: Plan) -> Decided:
    """Return the plan of an instance with all that reasons are read from.

    Raises ``InputError`` when the instance makes no sense, ``KeyError`` when the plan is not one of its.
    """
    table, terms = tabulate(instance), instance.terms
    seed = instance.seed.lower()
    plain = lots.balanced(table, terms)
    session_at = {session.id: place for place, session in enumerate(table.sessions)}
    supplier_at = {supplier.id: place for place, supplier in enumerate(table.suppliers)}
    chosen, drawn = np.zeros(table.size, bool), np.zeros(table.size, bool)
    for place in plan.places:
        at = table.place_of(session_at[place.session], supplier_at[place.supplier])
        if at is None:
            raise KeyError((place.session, place.supplier))
        chosen[at], drawn[at] = True, place.probability is not None
    return Decided(
        table=table,
        terms=terms,
        seed=seed,
        plain=plain,
        value=plain + lots.near_tie_lots(table, terms, seed),
        chosen=chosen,
        drawn=drawn,
        parity=plan.parity is not None and plan.parity.held,
    )


def _decide(table: Table, terms: Terms, value: Ints, seed: str) -> _Steps:
    effort = Effort.of(terms.nodes, terms.time_limit)
    parts = parts_of_best(table)
    steps = _Steps(solved=best(table, value, fixed=table.pinned, effort=effort))
    if terms.even:
        steps = _evened(table, value, steps, effort)
    least = steps.solved.objective - terms.fairness_cost * abs(steps.solved.objective)
    fixed, held = table.pinned, np.zeros(len(table.sessions), np.int64)
    if steps.evenness is not None:
        held = np.where(measured(table, parts), steps.evenness.percent * 100, 0)
    draw = explore(table, terms, value, steps.solved, fixed=fixed, seed=seed, effort=effort)
    steps = replace(steps, draw=draw)
    if draw is not None and draw.drawn.any():
        fixed = fixed.copy()
        fixed[draw.members[draw.drawn]] = True
        held = np.minimum(held, parts_by_session(table, parts, draw.room))
        steps = _with_draw(
            table, value, steps, draw, fixed=fixed, effort=effort, rows=least_rows(table, parts, held)
        )
    if terms.parity:
        ways = _GIVE_WAY if terms.even else (0,)
        rows = [least_rows(table, parts, held - way) for way in ways]
        shared = balance(
            table, terms, value, steps.solved, fixed=fixed, effort=effort, rows=rows, least=least
        )
        cost = steps.solved.objective - shared.solved.objective
        steps = replace(steps, solved=shared.solved, parity=shared, parity_cost=cost)
    if steps.evenness is not None:
        percent = lowest_percent(table, parts, steps.solved.chosen)
        steps = replace(steps, evenness=replace(steps.evenness, percent=percent))
    if terms.near_tie > 0 or (steps.parity is not None and steps.parity.held):
        return steps
    return replace(steps, solved=settle(steps.solved, _wishes(table, seed), effort))


def _evened(table: Table, value: Ints, steps: _Steps, effort: Effort) -> _Steps:
    level = even_out(table, value, steps.solved, fixed=table.pinned, effort=effort)
    cost = _points(table, max(0, steps.solved.objective - level.solved.objective))
    evenness = Evenness(percent=level.percent, possible=level.possible, cost=cost)
    proven = level.percent >= level.possible
    return replace(steps, solved=level.solved, evenness=evenness, as_even_as_can_be=proven)


def _with_draw(
    table: Table, value: Ints, steps: _Steps, draw: Draw, *, fixed: Bools, effort: Effort, rows: list[Row]
) -> _Steps:
    """Return the best plan with the drawn pairs in it; it keeps ``rows`` because ``draw.room`` does."""
    before = steps.solved
    found = within(
        table, value, fixed=fixed, effort=effort, extra=rows, shortage=before.shortage, known=draw.room
    )
    assert found is not None, "the drawn take the weakest places: that is a plan"
    return replace(steps, solved=found, exploration_cost=before.objective - found.objective)


def _wishes(table: Table, seed: str) -> Callable[[Ints], Ints]:
    """Prefer the pairs of the previous plan, then those with the greater lots."""

    def wishes(places: Ints) -> Ints:
        drawn = lots.tickets(table, seed, places, among=_TICKETS)
        return np.where(table.previous[places], _PREVIOUS * _TICKETS, drawn)

    return wishes


def _describe(known: Plan, decided: Decided, steps: _Steps) -> Plan:
    """Say in words and points what was decided."""
    table, solved = decided.table, steps.solved
    chances = _chances(table, steps.draw)
    places: list[Place] = []
    steps_in: dict[str, tuple[str, ...]] = {}
    lacking: list[Shortage] = []
    for view in views(decided):
        places += _places(view, chances)
        steps_in[table.sessions[view.session].id] = alternates(view)
        lacking += shortages(view)
    proven = solved.proven and steps.as_even_as_can_be
    worth, bound = _points(table, solved.objective), _points(table, max(solved.bound, solved.objective))
    return replace(
        known,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        objective=worth,
        bound=bound,
        gap=_rounded((bound - worth) / max(1.0, abs(worth))),
        score=_points(table, int(table.points[decided.chosen].sum())),
        places=tuple(places),
        alternates=steps_in,
        shortages=tuple(lacking),
        prices=prices(table, solved),
        chances=tuple(chances.values()),
        exploration_cost=_points(table, max(0, steps.exploration_cost)),
        evenness=steps.evenness,
        parity=_parity(decided, steps),
    )


def _places(view: View, chances: Mapping[int, Chance]) -> list[Place]:
    decided, table = view.decided, view.decided.table
    reasons = dict(zip(view.chosen.tolist(), reasons_for_chosen(view), strict=True))
    found = []
    for place in view.chosen[np.lexsort((view.chosen, -table.points[view.chosen]))].tolist():
        session, supplier = table.pair(place)
        found.append(
            Place(
                session=session,
                supplier=supplier,
                score=_points(table, int(table.points[place])),
                reason=reasons[place],
                probability=chances[place].probability if decided.drawn[place] else None,
            )
        )
    return found


def _chances(table: Table, draw: Draw | None) -> dict[int, Chance]:
    if draw is None:
        return {}
    found = {}
    for place, part, drawn in zip(draw.members, draw.parts, draw.drawn, strict=True):
        session, supplier = table.pair(place)
        found[int(place)] = Chance(
            session=session,
            supplier=supplier,
            probability=int(part) / PROBABILITY_PARTS,
            drawn=bool(drawn),
        )
    return found


def _parity(decided: Decided, steps: _Steps) -> Parity | None:
    if steps.parity is None:
        return None
    newcomers = int(decided.table.has(decided.terms.newcomer)[decided.chosen].sum())
    return Parity(
        places=newcomers,
        share=_rounded(newcomers / max(1, int(decided.chosen.sum()))),
        aim=steps.parity.aim,
        qualified=_rounded(steps.parity.qualified),
        cost=_points(decided.table, max(0, steps.parity_cost)),
        bonus=_points(decided.table, steps.parity.bonus),
        held=steps.parity.held,
    )


def _points(table: Table, grains: int) -> float:
    """Return whole grains as points, without the noise of binary fractions."""
    return round(grains * table.grain, 6)


def _rounded(share: float) -> float:
    return round(share, 9)
