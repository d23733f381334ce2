"""What decided about each pair, who steps in, and what is lacking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engage.matching.assignment.lots import tickets
from engage.matching.assignment.plan import Reason, Shortage
from engage.matching.assignment.table import Bools, Table
from engage.matching.assignment.types import Ints, Terms

_TICKETS = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A plan with all that reasons are read from.

    ``plain`` are the points the plan was made with, ``value`` the same with
    lots; ``drawn`` marks the pairs that were drawn, ``parity`` whether newcomers' share binds.
    """

    table: Table
    terms: Terms
    seed: str
    plain: Ints
    value: Ints
    chosen: Bools
    drawn: Bools
    parity: bool

    @property
    def near(self) -> int:
        """From this many points apart, scores are no tie any more."""
        return max(1, round(self.terms.near_tie / self.table.grain))

    @property
    def used(self) -> Ints:
        """The number of sessions each supplier is chosen for."""
        return np.bincount(self.table.supplier[self.chosen], minlength=len(self.table.suppliers))


@dataclass(frozen=True, slots=True)
class View:
    """One session of a plan: who is in, who is out, and who of those could come in."""

    decided: Decided
    session: int
    chosen: Ints
    out: Ints
    #: By place in ``out``.
    spent: Bools
    twin: Bools
    capped: tuple[tuple[str, Bools], ...]
    #: The tags of floors that would be missed, or missed further, with one place less.
    tight: tuple[str, ...]

    @property
    def free(self) -> Ints:
        """The places in ``out`` nothing but the number of places keeps out."""
        blocked = self.spent | self.twin
        for _, marks in self.capped:
            blocked = blocked | marks
        return self.out[~blocked]

    @property
    def open_seats(self) -> Ints:
        """The chosen pairs that neither a pin nor a draw put there."""
        decided = self.decided
        return self.chosen[~decided.table.pinned[self.chosen] & ~decided.drawn[self.chosen]]


def views(decided: Decided) -> Iterator[View]:
    """Yield one view for each session, in order."""
    table, used = decided.table, decided.used
    edges = np.searchsorted(table.session, np.arange(len(table.sessions) + 1))
    for session, own in enumerate(table.sessions):
        here = np.arange(edges[session], edges[session + 1])
        inside = decided.chosen[here]
        chosen, out = here[inside], here[~inside]
        suppliers = table.supplier[out]
        groups = table.group[table.supplier[chosen]]
        capped = tuple(
            (tag, table.has_at(tag, out))
            for tag, number in sorted(own.caps.items())
            if int(table.has_at(tag, chosen).sum()) >= number
        )
        tight = tuple(
            tag
            for tag, number in sorted(own.floors.items())
            if number and int(table.has_at(tag, chosen).sum()) <= number
        )
        twin = np.isin(table.group[suppliers], groups[groups >= 0])
        yield View(
            decided, session, chosen, out, used[suppliers] >= table.capacity[suppliers], twin, capped, tight
        )


def reasons_for_chosen(view: View) -> list[str]:
    """Return what decided about each pair in ``view.chosen``."""
    decided, table = view.decided, view.decided.table
    found = []
    rivals = view.out[~view.spent]
    for place in view.chosen:
        if table.pinned[place]:
            found.append(str(Reason.PINNED))
        elif decided.drawn[place]:
            found.append(str(Reason.EXPLORATION))
        else:
            found.append(_why_chosen(view, int(place), _could_replace(view, int(place), rivals)))
    return found


def _could_replace(view: View, place: int, rivals: Ints) -> Ints:
    """Return the rivals that could have the place, floors and parity aside."""
    table = view.decided.table
    if not len(rivals) or not (view.capped or view.twin.any()):
        return rivals
    others = view.chosen[view.chosen != place]
    groups = table.group[table.supplier[others]]
    fits = ~np.isin(table.group[table.supplier[rivals]], groups[groups >= 0])
    for tag, _ in view.capped:
        if not table.has_at(tag, np.array([place]))[0]:
            fits &= ~table.has_at(tag, rivals)
    return rivals[fits]


def _why_chosen(view: View, place: int, rivals: Ints) -> str:
    decided, table = view.decided, view.decided.table
    if not len(rivals):
        return str(Reason.FIT)
    here = np.array([place])
    best = rivals[np.argmax(decided.value[rivals])]
    if decided.value[best] > decided.value[place]:
        for tag in view.tight:
            if table.has_at(tag, here)[0] and not table.has_at(tag, np.array([best]))[0]:
                return f"{Reason.FLOOR}:{tag}"
        if decided.parity and table.has_at(decided.terms.newcomer, here)[0]:
            return str(Reason.PARITY)
        return str(Reason.FIT)
    near = decided.plain[rivals].max() > decided.plain[place] - decided.near
    return str(Reason.LOT if near else Reason.FIT)


def reasons_for_out(view: View) -> list[str]:
    """Return what decided about each pair in ``view.out``."""
    decided = view.decided
    seats, reasons = view.open_seats, {}
    if len(seats):
        by_place = dict(zip(view.chosen.tolist(), reasons_for_chosen(view), strict=True))
        reasons = {place: by_place[place] for place in seats.tolist()}
    full = len(view.chosen) >= decided.table.places[view.session]
    lowest = int(decided.plain[seats].min()) if len(seats) else None
    fitting = [place for place, reason in reasons.items() if reason in {Reason.FIT, Reason.LOT}]
    bar = int(decided.plain[fitting].min()) if fitting else lowest
    return [
        _why_out(view, place, int(index), full=full, lowest=lowest, bar=bar, reasons=reasons)
        for place, index in zip(range(len(view.out)), view.out, strict=True)
    ]


def _why_out(
    view: View,
    place: int,
    index: int,
    *,
    full: bool,
    lowest: int | None,
    bar: int | None,
    reasons: dict[int, str],
) -> str:
    decided, table = view.decided, view.decided.table
    points = int(decided.plain[index])
    contender = not full or (lowest is not None and points > lowest - decided.near)
    if table.capacity[table.supplier[index]] == 0 or (view.spent[place] and contender):
        return str(Reason.CAPACITY)
    if view.twin[place] and contender:
        return str(Reason.GROUP)
    for tag, marks in view.capped:
        if marks[place] and contender:
            return f"{Reason.CAP}:{tag}"
    if full and lowest is None:
        return str(Reason.PINNED if not decided.drawn[view.chosen].any() else Reason.EXPLORATION)
    if not contender or bar is None:
        return _drawn_instead(view, index) or str(Reason.FIT)
    weakest = min(reasons, key=lambda seat: (int(decided.plain[seat]), seat))
    by_rule = reasons[weakest] not in {Reason.FIT, Reason.LOT}
    if by_rule and points > int(decided.plain[weakest]):
        return reasons[weakest]
    return str(Reason.LOT if abs(points - bar) < decided.near else Reason.FIT)


def _drawn_instead(view: View, index: int) -> str:
    """Return exploration when the pair would be in if nobody had been drawn."""
    decided = view.decided
    count = int(decided.drawn[view.chosen].sum())
    if not count:
        return ""
    free = view.free
    better = int((decided.value[free] > decided.value[index]).sum())
    return str(Reason.EXPLORATION) if index in free and better < count else ""


def alternates(view: View) -> tuple[str, ...]:
    """Return who steps in, in order: by points, then by lot; only those nothing else keeps out."""
    decided, table = view.decided, view.decided.table
    asked = decided.terms.alternates
    count = int(table.places[view.session]) if asked is None else asked
    free = view.free
    if not len(free) or not count:
        return ()
    values = decided.value[free]
    if len(free) > count:
        least = np.partition(values, len(free) - count)[len(free) - count]
        free, values = free[values >= least], values[values >= least]
    if len(np.unique(values)) < len(values):
        lots = -tickets(table, decided.seed, free, among=_TICKETS)
    else:
        lots = np.zeros(len(free), np.int64)
    order = np.lexsort((free, lots, -values))[:count]
    return tuple(table.suppliers[table.supplier[free[place]]].id for place in order)


def shortages(view: View) -> Iterator[Shortage]:
    """Yield what the session lacks, and the caps that pins have passed."""
    table, own = view.decided.table, view.decided.table.sessions[view.session]
    empty = own.places - len(view.chosen)
    if empty > 0:
        noun = "place stays" if empty == 1 else "places stay"
        yield Shortage(
            session=own.id, rule="places", by=empty, words=f"{empty} {noun} empty in session {own.id}."
        )
    candidates = np.concatenate([view.chosen, view.out])
    for tag, number in sorted(own.floors.items()):
        chosen = int(table.has_at(tag, view.chosen).sum())
        if chosen < number:
            there = int(table.has_at(tag, candidates).sum())
            words = (
                f"{tag} short by {number - chosen} in session {own.id}: "
                f"{number} asked for, {chosen} chosen, {there} could be considered."
            )
            yield Shortage(session=own.id, rule=f"floor:{tag}", by=number - chosen, words=words)
    for tag, number in sorted(own.caps.items()):
        over = int(table.has_at(tag, view.chosen).sum()) - number
        if over > 0:
            words = f"{tag} over by {over} in session {own.id}: pins passed the limit of {number}."
            yield Shortage(session=own.id, rule=f"cap:{tag}", by=over, words=words)
