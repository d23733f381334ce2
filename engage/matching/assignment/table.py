"""The problem as sorted arrays of whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engage.matching.assignment.checking import check
from engage.matching.assignment.types import Entrant, Instance, Ints, Pair, Scores, Session
from engage.matching.errors import InputError

Bools = npt.NDArray[np.bool_]

#: Scores are compared to this part of a point; for scores beyond 100, to that part of the greatest.
GRAIN = 1e-5
GREATEST = 10**7


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The sessions and suppliers sorted by id, and the pairs that may be chosen, sorted by both.

    ``session``, ``supplier`` are places in the lists, ``points`` the score in
    whole ``grain``; ``pinned`` and ``previous`` mark pairs. ``barred`` are the
    pairs with a score that must not be chosen (conflict or exclusion).
    ``group`` is a number for each supplier, -1 for none; ``tags`` marks
    suppliers.
    """

    sessions: tuple[Session, ...]
    suppliers: tuple[Entrant, ...]
    session: Ints
    supplier: Ints
    points: Ints
    pinned: Bools
    previous: Bools
    grain: float
    places: Ints
    capacity: Ints
    group: Ints
    tags: Mapping[str, Bools]
    barred: tuple[tuple[int, int, int], ...]
    conflicts: frozenset[tuple[int, int]]
    exclusions: frozenset[tuple[int, int]]
    pins: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """The number of pairs that may be chosen."""
        return len(self.session)

    def has(self, tag: str) -> Bools:
        """Mark the pairs whose supplier has ``tag``."""
        if tag not in self.tags:
            return np.zeros(self.size, bool)
        return self.tags[tag][self.supplier]

    def has_at(self, tag: str, places: Ints) -> Bools:
        """Mark those of the pairs at ``places`` whose supplier has ``tag``."""
        if tag not in self.tags:
            return np.zeros(len(places), bool)
        return self.tags[tag][self.supplier[places]]

    def pair(self, place: int) -> Pair:
        """Return the ids of the pair at ``place``."""
        return self.sessions[self.session[place]].id, self.suppliers[self.supplier[place]].id

    def slice_of(self, session: int) -> slice:
        """Return where the pairs of the session stand."""
        low, high = np.searchsorted(self.session, [session, session + 1])
        return slice(int(low), int(high))

    def place_of(self, session: int, supplier: int) -> int | None:
        """Return where the pair stands; ``None`` when it has no score or must not be chosen."""
        part = self.slice_of(session)
        at = part.start + int(np.searchsorted(self.supplier[part], supplier))
        return at if at < part.stop and self.supplier[at] == supplier else None


def tabulate(instance: Instance) -> Table:
    """Check the instance and turn it into arrays; equal for any order of its lists.

    Raises ``InputError`` (see ``check``), also for a pin without a score.
    """
    check(instance)
    order = sorted(range(len(instance.sessions)), key=lambda place: instance.sessions[place].id)
    sessions = tuple(instance.sessions[place] for place in order)
    ranks = sorted(range(len(instance.suppliers)), key=lambda place: instance.suppliers[place].id)
    suppliers = tuple(instance.suppliers[place] for place in ranks)
    session_at = {session.id: place for place, session in enumerate(sessions)}
    supplier_at = {supplier.id: place for place, supplier in enumerate(suppliers)}
    raw = _pairs(instance, order, ranks, session_at, supplier_at)

    def codes(pairs: Iterable[Pair]) -> Ints:
        found = {session_at[a] * len(suppliers) + supplier_at[b] for a, b in pairs}
        return np.array(sorted(found), np.int64)

    keys = raw[0] * len(suppliers) + raw[1]
    lists = [codes(pairs) for pairs in (instance.conflicts, instance.exclusions, instance.pins)]
    _check_pins(keys, lists[2], sessions, suppliers)
    grain = _grain(raw[2])
    points = np.rint(raw[2] / grain).astype(np.int64)
    bar = np.isin(keys, lists[0]) | np.isin(keys, lists[1])
    conflicts, exclusions, pins = (
        [(int(code) // len(suppliers), int(code) % len(suppliers)) for code in found] for found in lists
    )
    return Table(
        sessions=sessions,
        suppliers=suppliers,
        session=raw[0][~bar],
        supplier=raw[1][~bar],
        points=points[~bar],
        pinned=np.isin(keys[~bar], lists[2]),
        previous=np.isin(keys[~bar], codes(instance.previous)),
        grain=grain,
        places=np.array([session.places for session in sessions], np.int64),
        capacity=np.array([supplier.capacity for supplier in suppliers], np.int64),
        group=_groups(suppliers),
        tags=_tags(suppliers),
        barred=tuple((int(raw[0][k]), int(raw[1][k]), int(points[k])) for k in np.flatnonzero(bar)),
        conflicts=frozenset(conflicts),
        exclusions=frozenset(exclusions),
        pins=tuple(pins),
    )


def _pairs(
    instance: Instance,
    order: Sequence[int],
    ranks: Sequence[int],
    session_at: Mapping[str, int],
    supplier_at: Mapping[str, int],
) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    scores = instance.scores
    if isinstance(scores, Scores):
        new_session, new_supplier = np.empty(len(order), np.int64), np.empty(len(ranks), np.int64)
        new_session[list(order)] = np.arange(len(order))
        new_supplier[list(ranks)] = np.arange(len(ranks))
        session, supplier = new_session[scores.session], new_supplier[scores.supplier]
        score = np.asarray(scores.score, np.float64)
    else:
        session = np.array([session_at[a] for a, _, _ in scores], np.int64)
        supplier = np.array([supplier_at[b] for _, b, _ in scores], np.int64)
        score = np.array([points for _, _, points in scores], np.float64)
    sorting = np.lexsort((supplier, session))
    session, supplier = session[sorting], supplier[sorting]
    twice = (np.diff(session) == 0) & (np.diff(supplier) == 0)
    if twice.any():
        raise InputError("scores: a session and a supplier have more than one score together.")
    return session, supplier, score[sorting]


def _check_pins(keys: Ints, pins: Ints, sessions: Sequence[Session], suppliers: Sequence[Entrant]) -> None:
    for code in pins[~np.isin(pins, keys)]:
        session, supplier = divmod(int(code), len(suppliers))
        raise InputError(
            f"pins: {sessions[session].id!r} with {suppliers[supplier].id!r} has no score: "
            "give the pair a score, or drop the pin."
        )


def _grain(scores: npt.NDArray[np.float64]) -> float:
    greatest = float(np.abs(scores).max(initial=0.0))
    grain = GRAIN
    while greatest / grain > GREATEST:
        grain *= 10
    return grain


def _groups(suppliers: Sequence[Entrant]) -> Ints:
    names = {name: number for number, name in enumerate(sorted({s.group for s in suppliers} - {""}))}
    return np.array([names.get(supplier.group, -1) for supplier in suppliers], np.int64)


def _tags(suppliers: Sequence[Entrant]) -> dict[str, Bools]:
    members: dict[str, list[int]] = {}
    for place, supplier in enumerate(suppliers):
        for tag in supplier.tags:
            members.setdefault(tag, []).append(place)
    marks = {}
    for tag in sorted(members):
        marks[tag] = np.zeros(len(suppliers), bool)
        marks[tag][members[tag]] = True
    return marks
