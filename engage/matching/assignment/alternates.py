"""Who steps in when somebody who was chosen does not come."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from engage.matching.assignment import lots
from engage.matching.assignment.plan import Plan
from engage.matching.assignment.table import Bools, Table, tabulate
from engage.matching.assignment.types import Instance, Ints
from engage.matching.errors import InputError

_TICKETS = 2**32


def next_alternate(instance: Instance, plan: Plan, *, session: str, gone: Collection[str]) -> str | None:
    """Return who is to have the next free place of ``session``; ``None`` when nobody is left.

    ``plan.places`` are the places as given by now (whoever has stepped in already is
    among them, with or without a reason of its own); ``gone`` are suppliers that take no place of this session
    any more. Suppliers that would fill a floor now missed come first, then the plan's alternates in
    their order, then the others by points and lot. Capacity, groups, caps, conflicts and exclusions are kept.

    Raises ``InputError`` for an unknown session.
    """
    table = tabulate(instance)
    numbers = {own.id: place for place, own in enumerate(table.sessions)}
    if session not in numbers:
        raise InputError(f"No session is called {session!r}.")
    here = table.slice_of(numbers[session])
    pairs = np.arange(here.start, here.stop)
    names: list[str] = [table.suppliers[place].id for place in table.supplier[here]]
    inside = {place.supplier for place in plan.places if place.session == session} - set(gone)
    is_in = np.array([name in inside for name in names], bool)
    away = np.array([name in gone for name in names], bool)
    may = ~is_in & ~away & _has_capacity(table, plan, pairs) & _keeps_rules(table, pairs, is_in)
    missed = _fills_floor(table, pairs, is_in)
    waiting = {name: rank for rank, name in enumerate(plan.alternates.get(session, ()))}
    candidates = np.flatnonzero(may)
    if not len(candidates):
        return None
    values = lots.balanced(table, instance.terms)
    values = values + lots.near_tie_lots_at(table, instance.terms, instance.seed, pairs)
    tickets = lots.tickets(table, instance.seed, pairs, among=_TICKETS)
    first: int = min(
        candidates.tolist(),
        key=lambda at: (
            not missed[at],
            waiting.get(names[at], len(names)),
            -int(values[pairs[at]]),
            -int(tickets[at]),
            names[at],
        ),
    )
    return names[first]


def _has_capacity(table: Table, plan: Plan, pairs: Ints) -> Bools:
    supplier_at = {supplier.id: place for place, supplier in enumerate(table.suppliers)}
    used = np.zeros(len(table.suppliers), np.int64)
    for place in plan.places:
        if place.supplier in supplier_at:
            used[supplier_at[place.supplier]] += 1
    spare: Bools = (used < table.capacity)[table.supplier[pairs]]
    return spare


def _keeps_rules(table: Table, pairs: Ints, is_in: Bools) -> Bools:
    group = table.group[table.supplier[pairs]]
    taken = group[is_in]
    keeps = (group < 0) | ~np.isin(group, taken[taken >= 0])
    for tag, number in table.sessions[table.session[pairs[0]]].caps.items() if len(pairs) else ():
        marks = table.has_at(tag, pairs)
        if int((marks & is_in).sum()) >= number:
            keeps &= ~marks
    return keeps


def _fills_floor(table: Table, pairs: Ints, is_in: Bools) -> Bools:
    fills = np.zeros(len(pairs), bool)
    for tag, number in table.sessions[table.session[pairs[0]]].floors.items() if len(pairs) else ():
        marks = table.has_at(tag, pairs)
        if int((marks & is_in).sum()) < number:
            fills |= marks
    return fills
