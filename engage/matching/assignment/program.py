"""The rules as rows of a program: one column for each pair, one for each floor's shortage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from engage.matching.assignment.linear import Whole
from engage.matching.assignment.table import Bools, Table
from engage.matching.assignment.types import Floats, Ints

#: A place of a floor left unmet takes this many times the greatest score off: more than any exchange gains.
_PENALTY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A floor or cap: ``number`` places of ``tag`` in the session at ``session``; ``row`` is its row, if any."""

    session: int
    tag: str
    number: int
    row: int = -1

    @property
    def floor_name(self) -> str:
        """Return the name a floor has in reasons and shortages."""
        return f"floor:{self.tag}"

    @property
    def cap_name(self) -> str:
        """Return the name a cap has in reasons and shortages."""
        return f"cap:{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A further row: ``lower <= sum of factors times columns <= upper``."""

    columns: Ints
    factors: Ints
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The program, with the place of each rule's row. Columns: pairs first, then shortages of ``floors``."""

    whole: Whole
    pairs: int
    floors: tuple[Rule, ...]
    caps: tuple[Rule, ...]
    penalty: int


class _Rows:
    """Collects rows; ``add`` takes many rows of one kind at once."""

    def __init__(self) -> None:
        self.count = 0
        self._rows: list[Ints] = []
        self._columns: list[Ints] = []
        self._factors: list[Ints] = []
        self._lower: list[Floats] = []
        self._upper: list[Floats] = []

    def add(
        self, rows: Ints, columns: Ints, lower: Floats, upper: Floats, factors: Ints | None = None
    ) -> int:
        """Add ``len(upper)`` rows, whose entries are at (rows, columns); return the first one's place."""
        first = self.count
        self._rows.append(rows + first)
        self._columns.append(columns)
        self._factors.append(np.ones(len(rows), np.int64) if factors is None else factors)
        self._lower.append(lower)
        self._upper.append(upper)
        self.count += len(upper)
        return first

    def at_most(self, owner: Ints, columns: Ints, limit: Ints) -> None:
        """Add for each owner that could pass its ``limit`` a row that forbids it."""
        wanted = np.bincount(owner, minlength=len(limit)) > limit
        new = np.cumsum(wanted) - 1
        mine = wanted[owner]
        upper = limit[wanted].astype(np.float64)
        self.add(new[owner[mine]], columns[mine], np.full(len(upper), -np.inf), upper)

    def matrix(self, columns: int) -> sparse.csc_matrix:
        """Return the rows as a csc matrix of whole numbers."""
        entries = (np.concatenate(self._rows), np.concatenate(self._columns))
        return sparse.csc_matrix(
            (np.concatenate(self._factors), entries), shape=(self.count, columns), dtype=np.int64
        )

    def limits(self) -> tuple[Floats, Floats]:
        """Return the lower and upper limits of all rows."""
        return np.concatenate(self._lower), np.concatenate(self._upper)


def rules_of(table: Table, kind: str) -> tuple[Rule, ...]:
    """Return the floors or the caps, sorted by session and tag."""
    return tuple(
        Rule(session=place, tag=tag, number=number)
        for place, session in enumerate(table.sessions)
        for tag, number in sorted(getattr(session, kind).items())
        if kind == "caps" or number > 0
    )


def build(
    table: Table,
    value: Ints,
    *,
    fixed: Bools,
    shortage: int | None = None,
    extra: Sequence[Row] = (),
    count_only: bool = False,
) -> Program:
    """Build the program that makes ``value`` (by pair) as large as possible.

    ``fixed`` pairs are chosen whatever they cost. ``shortage`` allows that many
    unmet places of floors at most; ``count_only`` makes the number of those as
    small as possible instead, whatever the values.
    """
    floors, caps = rules_of(table, "floors"), rules_of(table, "caps")
    rows, columns = _Rows(), np.arange(table.size)
    rows.at_most(table.session, columns, table.places)
    rows.at_most(table.supplier, columns, table.capacity)
    _one_of_a_group(rows, table)
    floors = _add_floors(rows, table, floors)
    caps = _add_caps(rows, table, caps, fixed)
    total = table.size + len(floors)
    short = np.arange(table.size, total)
    if shortage is not None and len(floors):
        rows.add(np.zeros(len(short), np.int64), short, np.array([-np.inf]), np.array([float(shortage)]))
    for row in extra:
        zeros = np.zeros(len(row.columns), np.int64)
        rows.add(zeros, row.columns, np.array([row.lower]), np.array([row.upper]), row.factors)
    penalty = 1 if count_only else _PENALTY * max(1, int(np.abs(value).max(initial=0)))
    gains = np.zeros(table.size, np.int64) if count_only else value
    row_lower, row_upper = rows.limits()
    whole = Whole(
        cost=np.concatenate([gains, np.full(len(floors), -penalty, np.int64)]),
        lower=np.concatenate([fixed.astype(np.int64), np.zeros(len(floors), np.int64)]),
        upper=np.concatenate(
            [np.ones(table.size, np.int64), np.array([rule.number for rule in floors], np.int64)]
        ),
        matrix=rows.matrix(total),
        row_lower=row_lower,
        row_upper=row_upper,
    )
    return Program(whole=whole, pairs=table.size, floors=floors, caps=caps, penalty=penalty)


def _one_of_a_group(rows: _Rows, table: Table) -> None:
    group = table.group[table.supplier]
    members = np.flatnonzero(group >= 0)
    if not len(members):
        return
    codes = table.session[members] * (int(group.max()) + 1) + group[members]
    kinds, owner = np.unique(codes, return_inverse=True)
    rows.at_most(owner, members, np.ones(len(kinds), np.int64))


def _add_floors(rows: _Rows, table: Table, floors: tuple[Rule, ...]) -> tuple[Rule, ...]:
    if not floors:
        return ()
    owner, columns = _members(table, floors)
    shortages = np.arange(len(floors))
    first = rows.add(
        np.concatenate([owner, shortages]),
        np.concatenate([columns, table.size + shortages]),
        np.array([float(rule.number) for rule in floors]),
        np.full(len(floors), np.inf),
    )
    return tuple(_placed(rule, first + place) for place, rule in enumerate(floors))


def _add_caps(rows: _Rows, table: Table, caps: tuple[Rule, ...], fixed: Bools) -> tuple[Rule, ...]:
    """Add the caps; what is fixed may pass them, and then nobody else comes in."""
    if not caps:
        return ()
    owner, columns = _members(table, caps)
    given = np.bincount(owner[fixed[columns]], minlength=len(caps))
    limits = np.maximum(given, np.array([rule.number for rule in caps], np.int64))
    first = rows.add(owner, columns, np.full(len(caps), -np.inf), limits.astype(np.float64))
    return tuple(_placed(rule, first + place) for place, rule in enumerate(caps))


def _members(table: Table, rules: tuple[Rule, ...]) -> tuple[Ints, Ints]:
    """Return for each rule the pairs it counts, as (rule, pair)."""
    owner: list[Ints] = []
    columns: list[Ints] = []
    for tag in sorted({rule.tag for rule in rules}):
        of_session = np.full(len(table.sessions), -1, np.int64)
        for place, rule in enumerate(rules):
            if rule.tag == tag:
                of_session[rule.session] = place
        found = np.flatnonzero(table.has(tag) & (of_session[table.session] >= 0))
        owner.append(of_session[table.session[found]])
        columns.append(found)
    return np.concatenate(owner), np.concatenate(columns)


def _placed(rule: Rule, row: int) -> Rule:
    return Rule(session=rule.session, tag=rule.tag, number=rule.number, row=row)
