"""The picture: everybody, or where they are too many to draw, how many stand where and some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.matching.landscape import HEIGHT, WIDTH
from engage.suppliers.enums import EvidenceLevel
from engage.suppliers.models import Statement, Supplier
from engage.techmap.models import LandscapePoint
from engage.techmap.queries.shown import Wanted, claims, shown

MOST_POINTS = 800
"""So many suppliers are drawn one by one; of more, that many at most as a sample."""
SAMPLE = 250
CELL = 44.0
"""The width of a cell in the units of what is seen: more suppliers than can be drawn are counted in cells."""
DEEPEST = 32
_LEVELS = list(EvidenceLevel)


@dataclass(frozen=True, slots=True)
class View:
    """The part of the map that is looked at: its middle, and how many times it is enlarged."""

    x: float = WIDTH / 2
    y: float = HEIGHT / 2
    zoom: int = 1

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height, all within the map."""
        width, height = WIDTH / self.zoom, HEIGHT / self.zoom
        left = min(max(self.x - width / 2, 0.0), WIDTH - width)
        top = min(max(self.y - height / 2, 0.0), HEIGHT - height)
        return left, top, width, height


@dataclass(frozen=True, slots=True)
class Cell:
    """How many suppliers stand in a cell, and in which cluster most of them are."""

    x: float
    y: float
    suppliers: int
    cluster: int


@dataclass(frozen=True, slots=True)
class Point:
    """A supplier on the map. ``level`` is the best evidence among its ``statements`` that are shown by."""

    ref: str
    name: str
    x: float
    y: float
    cluster: int
    statements: int
    level: EvidenceLevel


@dataclass(frozen=True)
class Picture:
    """What is to be drawn. ``total`` are all who are wanted, ``in_view`` those of them in the part looked at.

    ``complete``: ``points`` are all in view; otherwise ``cells`` count them, and ``points`` are a sample.
    """

    view: View
    total: int
    in_view: int
    by_cluster: dict[int, int]
    cells: Sequence[Cell] = field(default_factory=tuple)
    points: Sequence[Point] = field(default_factory=tuple)

    @property
    def complete(self) -> bool:
        """Whether everybody in view is drawn."""
        return len(self.points) == self.in_view


def picture(session: Session, *, landscape_id: int, wanted: Wanted, view: View) -> Picture:
    """Read what is to be drawn of a landscape: three statements of SQL at most, however many suppliers there are.

    Counts are of everybody. A sample is the same suppliers each time, as far as they are wanted; more of them come
    as the view is enlarged.
    """
    total, in_view, by_cluster, cells = _counted(session, landscape_id, wanted, view)
    every = 1 if in_view <= MOST_POINTS else -(-in_view // SAMPLE)
    return Picture(
        view=view,
        total=total,
        in_view=in_view,
        by_cluster=by_cluster,
        cells=() if every == 1 else cells,
        points=_points(session, landscape_id, wanted, view, every) if in_view else (),
    )


def _counted(
    session: Session, landscape_id: int, wanted: Wanted, view: View
) -> tuple[int, int, dict[int, int], list[Cell]]:
    own, size = LandscapePoint, CELL / view.zoom
    within = _within(view)
    row = sa.case((within, sa.cast(sa.func.floor(own.y / (size * 0.866)), sa.Integer)), else_=-1)
    shift = sa.func.mod(sa.func.greatest(row, 0), 2) * size / 2
    column = sa.case((within, sa.cast(sa.func.floor((own.x + shift) / size), sa.Integer)), else_=-1)
    query = (
        sa.select(row.label("row"), column.label("column"), own.cluster, sa.func.count().label("suppliers"))
        .join(Supplier, Supplier.id == own.supplier_id)
        .where(shown(landscape_id, wanted))
        .group_by(sa.text("1"), sa.text("2"), own.cluster)
    )
    by_cluster: dict[int, int] = {}
    by_cell: dict[tuple[int, int], dict[int, int]] = {}
    for found in session.execute(query):
        by_cluster[found.cluster] = by_cluster.get(found.cluster, 0) + found.suppliers
        if found.row >= 0:
            by_cell.setdefault((found.row, found.column), {})[found.cluster] = found.suppliers
    cells = [_cell(place, counts, size) for place, counts in sorted(by_cell.items())]
    return sum(by_cluster.values()), sum(cell.suppliers for cell in cells), by_cluster, cells


def _cell(place: tuple[int, int], counts: dict[int, int], size: float) -> Cell:
    row, column = place
    x = (column + 0.5) * size - (row % 2) * size / 2
    most = max(sorted(counts), key=lambda cluster: counts[cluster])
    return Cell(x, (row + 0.5) * size * 0.866, sum(counts.values()), most)


def _within(view: View) -> sa.ColumnElement[bool]:
    left, top, width, height = view.box
    own = LandscapePoint
    return sa.and_(own.x.between(left, left + width), own.y.between(top, top + height))


def _points(session: Session, landscape_id: int, wanted: Wanted, view: View, every: int) -> Sequence[Point]:
    own = LandscapePoint
    chosen = [shown(landscape_id, wanted), _within(view)]
    if every > 1:
        early = _early(every)
        # Of everybody these are so few that they are looked up first; of some nobody knows, before they are found.
        few_ids = _sample(session, landscape_id, view, every) if wanted.everything else None
        chosen.append(early if few_ids is None else own.supplier_id.in_(few_ids))
    few = (
        sa.select(own.supplier_id, own.x, own.y, own.cluster, Supplier.ref, Supplier.organisation_id)
        .join(Supplier, Supplier.id == own.supplier_id)
        .where(*chosen)
        .limit(MOST_POINTS)
        .cte("few")
        .prefix_with("MATERIALIZED")
    )
    told = told_by(wanted, sa.select(few.c.supplier_id))
    query = (
        sa.select(few, Organisation.name, told.c.statements, told.c.level)
        .join(Organisation, Organisation.id == few.c.organisation_id)
        .join(told, told.c.supplier_id == few.c.supplier_id)
        .order_by(few.c.y, few.c.x, few.c.supplier_id)
    )
    return [_point(row) for row in session.execute(query)]


def _sample(session: Session, landscape_id: int, view: View, every: int) -> Sequence[int]:
    """Return every so manieth supplier in view, whoever may see them."""
    own = LandscapePoint
    query = sa.select(own.supplier_id).where(own.landscape_id == landscape_id, _within(view), _early(every))
    return session.scalars(query).all()


def _early(every: int) -> sa.ColumnElement[bool]:
    """Whether a supplier is among every so manieth: the same each time, and in each larger sample.

    The order of the hash is that of chance; a sample is the first part of it.
    """
    return sa.func.hashint8(LandscapePoint.supplier_id).op("&")(2**31 - 1) < 2**31 // every


def told_by(wanted: Wanted, suppliers: Any) -> Any:
    """Return a subquery: of each of ``suppliers`` how many statements it is shown by, and the best level, 1 to 3."""
    rank = sa.case({level.value: i for i, level in enumerate(_LEVELS, start=1)}, value=Statement.level)
    return (
        sa.select(
            Statement.supplier_id,
            sa.func.count().label("statements"),
            sa.func.max(rank).label("level"),
            sa.func.max(Statement.confirmed_on).label("confirmed"),
        )
        .where(Statement.supplier_id.in_(suppliers), *claims(wanted))
        .group_by(Statement.supplier_id)
        .subquery()
    )


def level_of(rank: int) -> EvidenceLevel:
    """Return the level with a rank of ``told_by``."""
    return _LEVELS[rank - 1]


def _point(row: Any) -> Point:
    return Point(row.ref, row.name, row.x, row.y, row.cluster, row.statements, level_of(row.level))
