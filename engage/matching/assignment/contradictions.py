"""What was asked for and cannot all be met, whoever the suppliers are: the smallest set, and the least to change.

Only people's orders can contradict each other: pins, exclusions, floors, caps,
places, capacities, groups. Too few suppliers for a floor are no contradiction
but a shortage. Contradictions between pins lie within one session or one
supplier; each is found by counting. Whether floors and caps leave room in a
session is a small program over the kinds of suppliers there could be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from engage.matching.assignment import linear
from engage.matching.assignment.linear import Effort, Whole
from engage.matching.assignment.plan import Change, Order
from engage.matching.assignment.table import Table
from engage.matching.assignment.types import Session


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The smallest conflicting set of all, and the changes after which nothing conflicts."""

    conflicting: tuple[Order, ...]
    relaxation: tuple[Change, ...]


def contradiction(table: Table) -> Contradiction | None:
    """Return what contradicts itself, ``None`` when nothing does.

    ``conflicting`` is irreducible (without any one of its orders the rest can
    be met) and the smallest of those found; ``relaxation`` mends all of them
    with the fewest changes, pins dropped counting one each, numbers by how far they move.
    """
    found = [*_barred_pins(table), *_over_capacity(table), *_shared_groups(table)]
    dropped = {change.order for _, changes in found for change in changes}
    for session in range(len(table.sessions)):
        found += _crowded(table, session, dropped)
    if not found:
        return None
    smallest = min(found, key=lambda pair: (len(pair[0]), [order.words for order in pair[0]]))
    changes = {change.words: change for _, mends in found for change in mends}
    return Contradiction(tuple(smallest[0]), tuple(changes[words] for words in sorted(changes)))


_Found = tuple[list[Order], list[Change]]


def pin(table: Table, session: int, supplier: int) -> Order:
    """Return the order that pins the supplier to the session."""
    names = table.sessions[session].id, table.suppliers[supplier].id
    return Order(
        kind="pin", session=names[0], supplier=names[1], words=f"{names[1]} is pinned to session {names[0]}."
    )


def counted(number: int, noun: str) -> str:
    """Return a number of things in words: 1 place, 2 places."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _drop(order: Order) -> Change:
    return Change(order=order, to=None, words=f"Drop the pin of {order.supplier} to session {order.session}.")


def _barred_pins(table: Table) -> Iterable[_Found]:
    for session, supplier in table.pins:
        names = table.sessions[session].id, table.suppliers[supplier].id
        pinned = pin(table, session, supplier)
        if (session, supplier) in table.conflicts:
            words = f"{names[1]} has a conflict of interest with session {names[0]}."
            other = Order(kind="conflict", session=names[0], supplier=names[1], words=words)
        elif (session, supplier) in table.exclusions:
            words = f"{names[1]} is excluded from session {names[0]}."
            other = Order(kind="exclusion", session=names[0], supplier=names[1], words=words)
        else:
            continue
        yield [pinned, other], [_drop(pinned)]


def _over_capacity(table: Table) -> Iterable[_Found]:
    by_supplier: dict[int, list[int]] = defaultdict(list)
    for session, supplier in table.pins:
        by_supplier[supplier].append(session)
    for supplier, sessions in by_supplier.items():
        entrant = table.suppliers[supplier]
        too_many = len(sessions) - entrant.capacity
        if too_many <= 0:
            continue
        pins = [pin(table, session, supplier) for session in _dearest_first(table, supplier, sessions)]
        limit = Order(
            kind="capacity",
            supplier=entrant.id,
            words=f"{entrant.id} has capacity for {counted(entrant.capacity, 'session')}.",
        )
        yield [*pins[: entrant.capacity + 1], limit], [_drop(order) for order in pins[-too_many:]]


def _dearest_first(table: Table, supplier: int, sessions: Sequence[int]) -> list[int]:
    def worth(session: int) -> tuple[int, int]:
        place = table.place_of(session, supplier)
        return (0 if place is None else -int(table.points[place]), session)

    return sorted(sessions, key=worth)


def _shared_groups(table: Table) -> Iterable[_Found]:
    members: dict[tuple[int, int], list[int]] = defaultdict(list)
    for session, supplier in table.pins:
        if table.group[supplier] >= 0:
            members[session, int(table.group[supplier])].append(supplier)
    for (session, _), suppliers in members.items():
        if len(suppliers) < 2:
            continue
        best_first = sorted(suppliers, key=lambda s: (_dearest_first_key(table, session, s), s))
        pins = [pin(table, session, supplier) for supplier in best_first]
        name = table.suppliers[suppliers[0]].group
        rule = Order(
            kind="group",
            session=table.sessions[session].id,
            words=f"Session {table.sessions[session].id} takes one supplier of the group {name!r}.",
        )
        yield [*pins[:2], rule], [_drop(order) for order in pins[1:]]


def _dearest_first_key(table: Table, session: int, supplier: int) -> int:
    place = table.place_of(session, supplier)
    return 0 if place is None else -int(table.points[place])


@dataclass(frozen=True, slots=True)
class _Wish:
    """An order of one session, as something the small program can leave out or loosen.

    ``number`` is what it leaves to those who are not pinned, ``from_`` the number its change starts from.
    """

    order: Order
    number: int
    from_: int


def _crowded(table: Table, session: int, dropped: set[Order]) -> list[_Found]:
    """Return how places, pins, floors and caps of one session contradict each other, if they do."""
    own = table.sessions[session]
    pins = [s for at, s in table.pins if at == session and pin(table, at, s) not in dropped]
    tags = [frozenset(table.suppliers[s].tags) for s in pins]
    if _roomy(own, tags):
        return []
    wishes = _wishes(table, session, pins)
    kinds = _kinds(table, session)
    kept = _conflicting(wishes, kinds, tags)
    if own.floors_give_way and not any(wish.order.kind == "pin" for wish in kept):
        wishes = [wish for wish in wishes if wish.order.kind != "floor"]
        kept = _conflicting(wishes, kinds, tags)
    if not kept:
        return []
    return [([wish.order for wish in kept], _least_changes(wishes, kinds, tags))]


def _conflicting(
    wishes: list[_Wish], kinds: Sequence[frozenset[str]], pins: Sequence[frozenset[str]]
) -> list[_Wish]:
    """Return the smallest set of wishes that cannot all be met; empty when all can."""

    def possible(kept: Sequence[_Wish]) -> bool:
        return _loosened(kept, wishes, kinds, pins) == 0

    return [] if possible(wishes) else _smallest(wishes, possible)


def _roomy(own: Session, pins: Sequence[frozenset[str]]) -> bool:
    """Whether there is room for all pins and floors even if no supplier counts for two of them."""

    def left(tag: str) -> int:
        return own.caps[tag] - sum(tag in tags for tags in pins)

    room = len(pins) + sum(own.floors.values()) <= own.places
    return room and all(left(tag) >= own.floors[tag] for tag in set(own.floors) & set(own.caps))


def _smallest(wishes: list[_Wish], possible: Callable[[Sequence[_Wish]], bool]) -> list[_Wish]:
    """Leave out one after the other what is not needed for the contradiction (deletion filter)."""
    kept = list(wishes)
    for wish in wishes:
        without = [other for other in kept if other is not wish]
        if not possible(without):
            kept = without
    return kept


def _wishes(table: Table, session: int, pins: Sequence[int]) -> list[_Wish]:
    """Return pins, caps, floors and places: the deletion filter tries to do without the first first."""
    own = table.sessions[session]

    def order(kind: str, words: str, tag: str = "") -> Order:
        return Order(kind=kind, session=own.id, tag=tag, words=words)

    found = [_Wish(pin(table, session, supplier), 1, 1) for supplier in pins]
    for tag, number in sorted(own.caps.items()):
        words = f"At most {number} of {tag} are allowed in session {own.id}."
        pinned = sum(tag in table.suppliers[supplier].tags for supplier in pins)
        found.append(_Wish(order("cap", words, tag), max(0, number - pinned), max(number, pinned)))
    for tag, number in sorted(own.floors.items(), key=lambda rule: (rule[1], rule[0])):
        words = f"At least {number} of {tag} are asked for in session {own.id}."
        found.append(_Wish(order("floor", words, tag), number, number))
    words = f"Session {own.id} has {counted(own.places, 'place')}."
    found.append(_Wish(order("places", words), own.places, own.places))
    return found


def _kinds(table: Table, session: int) -> list[frozenset[str]]:
    """Return the sets of tags that matter here and that a supplier could have.

    Those of the suppliers with a score, and each floor's tag alone: that one more such
    supplier cannot be had is a shortage, that none could fit is a contradiction.
    """
    own = table.sessions[session]
    matter = frozenset(own.floors) | frozenset(own.caps)
    part = table.slice_of(session)
    seen = {matter & frozenset(table.suppliers[s].tags) for s in table.supplier[part]}
    return sorted(seen | {frozenset({tag}) for tag in own.floors}, key=sorted)


def _program(
    kept: Sequence[_Wish],
    wishes: Sequence[_Wish],
    kinds: Sequence[frozenset[str]],
    pins: Sequence[frozenset[str]],
) -> Whole:
    """Count suppliers by kind, pins kept, and by how far each wish is loosened.

    Columns: kinds, pins, one for each wish's loosening. Loosening a wish that is not in ``kept`` costs nothing.
    """
    count = len(kinds) + len(pins)
    most = sum(wish.number for wish in wishes) + len(pins) + 1
    tags_of = [*kinds, *pins]
    names = {wish.order.words for wish in kept}
    rows, lower, upper = [], [], []
    pin_at = len(kinds)
    for place, wish in enumerate(wishes):
        row = np.zeros(count + len(wishes), np.int64)
        if wish.order.kind == "pin":
            row[pin_at] = 1
            pin_at += 1
        elif wish.order.kind == "places":
            row[:count] = 1
        else:
            row[[at for at, tags in enumerate(tags_of) if wish.order.tag in tags]] = 1
        least = wish.order.kind in {"pin", "floor"}
        if wish.order.kind == "cap":
            row[len(kinds) : count] = 0  # pins may pass caps
        row[count + place] = 1 if least else -1
        rows.append(row)
        lower.append(wish.number if least else -np.inf)
        upper.append(np.inf if least else wish.number)
    costs = [-1 if wish.order.words in names else 0 for wish in wishes]
    return Whole(
        cost=np.array([0] * count + costs, np.int64),
        lower=np.zeros(count + len(wishes), np.int64),
        upper=np.array([most] * len(kinds) + [1] * len(pins) + [most] * len(wishes), np.int64),
        matrix=sparse.csc_matrix(np.array(rows)),
        row_lower=np.array(lower, np.float64),
        row_upper=np.array(upper, np.float64),
    )


def _loosened(
    kept: Sequence[_Wish],
    wishes: Sequence[_Wish],
    kinds: Sequence[frozenset[str]],
    pins: Sequence[frozenset[str]],
) -> int:
    answer = linear.solve(_program(kept, wishes, kinds, pins), Effort.of(10_000, 60.0))
    assert answer is not None, "everything may be loosened"
    return -answer.objective


def _least_changes(
    wishes: Sequence[_Wish], kinds: Sequence[frozenset[str]], pins: Sequence[frozenset[str]]
) -> list[Change]:
    answer = linear.solve(_program(wishes, wishes, kinds, pins), Effort.of(10_000, 60.0))
    assert answer is not None, "everything may be loosened"
    steps = answer.values[len(kinds) + len(pins) :]
    return [_change(wish, int(step)) for wish, step in zip(wishes, steps, strict=True) if step]


def _change(wish: _Wish, step: int) -> Change:
    order = wish.order
    if order.kind == "pin":
        return _drop(order)
    if order.kind == "floor":
        to = wish.from_ - step
        words = f"Ask for {to} instead of {wish.from_} of {order.tag} in session {order.session}."
    elif order.kind == "cap":
        to = wish.from_ + step
        words = f"Allow {to} of {order.tag} in session {order.session}."
    else:
        to = wish.from_ + step
        words = f"Give session {order.session} {counted(to, 'place')} instead of {wish.from_}."
    return Change(order=order, to=to, words=words)
