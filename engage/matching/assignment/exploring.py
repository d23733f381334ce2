"""Places drawn among newcomers: who is in the draw, with which probability, and the draw itself."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from engage.matching.assignment import linear
from engage.matching.assignment.linear import Effort, Whole
from engage.matching.assignment.lots import Stream
from engage.matching.assignment.solved import Solved
from engage.matching.assignment.table import Bools, Table
from engage.matching.assignment.types import Ints, Terms

#: Probabilities are whole parts of this, so that the draw keeps them exactly.
PROBABILITY_PARTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pot:
    """What a session draws: ``seats`` places among the pairs in ``members``.

    ``displaced`` are the pairs that would go for them, in order; the first
    ``empty`` seats displace nobody.
    """

    session: int
    seats: int
    empty: int
    displaced: Ints
    members: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """The pairs in the draw with their probabilities (in 1/1000), the ones drawn, and a plan that has room for them."""

    members: Ints
    parts: Ints
    drawn: Bools
    room: Bools


def explore(
    table: Table, terms: Terms, value: Ints, base: Solved, *, fixed: Bools, seed: str, effort: Effort
) -> Draw | None:
    """Draw newcomers who would not be invited otherwise; ``None`` when nobody is to be drawn.

    Whatever is drawn, there is a plan with the same floors met that is worth at
    least ``base`` less ``terms.fairness_cost``: a newcomer is in the draw
    only if taking it instead of the weakest place that no rule needs costs no
    more than its part of that.
    """
    pots = _pots(table, terms, value, base, fixed)
    if not pots:
        return None
    members = np.concatenate([pot.members for pot in pots])
    parts = _probabilities(table, terms, value, pots, members, effort)
    kept = parts > 0
    members, parts = members[kept], parts[kept]
    arcs = _arcs(table, members, parts)
    stream = Stream(seed, "exploration")
    flows = round_flow(arcs, PROBABILITY_PARTS, lambda part, whole: stream.below(whole) < part)
    drawn = np.array(flows[: len(members)], np.int64) == PROBABILITY_PARTS
    return Draw(members=members, parts=parts, drawn=drawn, room=_room(table, base, pots, members[drawn]))


def _pots(table: Table, terms: Terms, value: Ints, base: Solved, fixed: Bools) -> list[Pot]:
    wanted = [math.floor(session.exploration * session.places + 0.5) for session in table.sessions]
    budget = terms.fairness_cost * max(base.objective, 0) / max(1, sum(wanted))
    used = np.bincount(table.supplier[base.chosen], minlength=len(table.suppliers))
    newcomer = table.has(terms.newcomer) & (used < table.capacity)[table.supplier] & ~base.chosen
    found = (
        _pot(table, terms, value, base, session, seats, newcomer=newcomer, fixed=fixed, budget=budget)
        for session, seats in enumerate(wanted)
        if seats
    )
    return [pot for pot in found if pot.seats]


def _pot(
    table: Table,
    terms: Terms,
    value: Ints,
    base: Solved,
    session: int,
    wanted: int,
    *,
    newcomer: Bools,
    fixed: Bools,
    budget: float,
) -> Pot:
    part = table.slice_of(session)
    here = np.arange(part.start, part.stop)
    chosen = here[base.chosen[part]]
    empty = max(0, int(table.places[session]) - len(chosen))
    displaced = _removable(table, session, chosen[~fixed[chosen]], chosen, value)
    seats = min(wanted, empty + len(displaced))
    loss = 0 if seats <= empty else int(value[displaced[seats - empty - 1]])
    fits = _fits_in(table, session, chosen, seats)
    members = here[newcomer[part] & fits & (loss - value[part] <= budget)]
    seats = min(seats, math.floor(terms.exploration_cap * len(members) + 1e-9))
    return Pot(session=session, seats=seats, empty=empty, displaced=displaced, members=members)


def _removable(table: Table, session: int, chosen: Ints, everyone: Ints, value: Ints) -> Ints:
    """Return the chosen pairs that could all go without a floor being missed, weakest first."""
    floors = table.sessions[session].floors
    spare = {tag: int(table.has_at(tag, everyone).sum()) - number for tag, number in floors.items()}
    found = []
    for place in chosen[np.lexsort((chosen, value[chosen]))]:
        carried = [tag for tag in floors if table.has_at(tag, np.array([place]))[0]]
        if all(spare[tag] > 0 for tag in carried):
            found.append(place)
            for tag in carried:
                spare[tag] -= 1
    return np.array(found, np.int64)


def _fits_in(table: Table, session: int, chosen: Ints, seats: int) -> Bools:
    """Mark the session's pairs that may join those chosen: no group twice, no cap passed by ``seats`` of them."""
    part = table.slice_of(session)
    group = table.group[table.supplier[part]]
    taken = table.group[table.supplier[chosen]]
    fits = (group < 0) | ~np.isin(group, taken[taken >= 0])
    for tag, number in table.sessions[session].caps.items():
        if int(table.has_at(tag, chosen).sum()) + seats > number:
            fits &= ~table.has_at(tag, np.arange(part.start, part.stop))
    return fits


def _probabilities(
    table: Table, terms: Terms, value: Ints, pots: Sequence[Pot], members: Ints, effort: Effort
) -> Ints:
    """Return the probability of each member: the best-fitting have the greatest one allowed.

    No session gives away more than its seats, no supplier has more than one
    seat in all, no group more than one in a session. Those limits are two
    families of nested sets, so the best solution has whole parts.
    """
    session, supplier = table.session[members], table.supplier[members]
    group = table.group[supplier]
    codes = session * (int(group.max(initial=0)) + 1) + group
    families = [session, supplier, np.where(group >= 0, codes, -1)]
    seats = {pot.session: pot.seats for pot in pots}
    matrices, limits = [], []
    for number, family in enumerate(families):
        kinds, owner = np.unique(family[family >= 0], return_inverse=True)
        columns = np.flatnonzero(family >= 0)
        ones = np.ones(len(columns), np.int64)
        matrices.append(sparse.csc_matrix((ones, (owner, columns)), shape=(len(kinds), len(members))))
        limits += [PROBABILITY_PARTS * (seats[int(kind)] if number == 0 else 1) for kind in kinds]
    most = math.floor(terms.exploration_cap * PROBABILITY_PARTS)
    answer = linear.solve(
        Whole(
            cost=np.maximum(value[members], 0) + 1,
            lower=np.zeros(len(members), np.int64),
            upper=np.full(len(members), most, np.int64),
            matrix=sparse.vstack(matrices, format="csc"),
            row_lower=np.full(len(limits), -np.inf),
            row_upper=np.array(limits, np.float64),
        ),
        effort,
    )
    assert answer is not None, "nobody need be in the draw"
    return answer.values


Arc = tuple[str, str, int]


def _arcs(table: Table, members: Ints, parts: Ints) -> list[Arc]:
    """Return the probabilities as a flow from sessions (through groups) to suppliers and back; members first."""
    first: list[Arc] = []
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for place, part in zip(members, parts, strict=True):
        session, supplier = f"session {table.session[place]}", f"supplier {table.supplier[place]}"
        group = int(table.group[table.supplier[place]])
        via = session if group < 0 else f"{session} group {group}"
        first.append((via, supplier, int(part)))
        if group >= 0:
            sums[session, via] += int(part)
        sums["outside", session] += int(part)
        sums[supplier, "outside"] += int(part)
    return first + [(*ends, flow) for ends, flow in sorted(sums.items())]


def round_flow(arcs: Sequence[Arc], unit: int, happens: Callable[[int, int], bool]) -> list[int]:
    """Round every flow to a multiple of ``unit``, up or down, each with its exact expectation.

    At every node as much flows in as out, so arcs that are no multiple lie on
    cycles. Around a cycle flow is pushed one way by ``a`` or the other by ``b``, until an arc is a
    multiple: the first with probability b / (a + b), which keeps every expectation.
    Sums at nodes stay whole where they were, else become one of their two neighbours
    (dependent rounding; Gandhi, Khuller, Parthasarathy and Srinivasan 2006).
    ``happens(part, whole)`` answers yes with probability part / whole.
    """
    flows = [flow for _, _, flow in arcs]
    broken: dict[str, set[int]] = defaultdict(set)
    for number, (tail, head, flow) in enumerate(arcs):
        if flow % unit:
            broken[tail].add(number)
            broken[head].add(number)
    for start in range(len(arcs)):
        while flows[start] % unit:
            cycle = _cycle(arcs, broken, start)
            up = min((-flows[arc]) % unit if sign > 0 else flows[arc] % unit for arc, sign in cycle)
            down = min(flows[arc] % unit if sign > 0 else (-flows[arc]) % unit for arc, sign in cycle)
            push = up if happens(down, up + down) else -down
            for arc, sign in cycle:
                flows[arc] += sign * push
                if flows[arc] % unit == 0:
                    broken[arcs[arc][0]].discard(arc)
                    broken[arcs[arc][1]].discard(arc)
    return flows


def _cycle(arcs: Sequence[Arc], broken: dict[str, set[int]], start: int) -> list[tuple[int, int]]:
    """Walk along arcs that are no multiple until a node comes again; return the arcs since, with directions."""
    path: list[tuple[int, int]] = []
    seen: dict[str, int] = {}
    node, arc = arcs[start][0], start
    while node not in seen:
        seen[node] = len(path)
        sign = 1 if arcs[arc][0] == node else -1
        path.append((arc, sign))
        node = arcs[arc][1] if sign > 0 else arcs[arc][0]
        arc = min(other for other in broken[node] if other != arc)
    return path[seen[node] :]


def _room(table: Table, base: Solved, pots: Sequence[Pot], drawn: Ints) -> Bools:
    """Return the base plan with the drawn pairs in the places of the weakest."""
    room = base.chosen.copy()
    for pot in pots:
        count = int((table.session[drawn] == pot.session).sum())
        room[pot.displaced[: max(0, count - pot.empty)]] = False
    room[drawn] = True
    return room
