"""Reading drawings: the one that is shown, its clusters and places, and how far the next one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.suppliers.models import Statement, Supplier
from engage.techmap.enums import DrawingState
from engage.techmap.models import Landscape, LandscapeCluster, LandscapePoint
from engage.techmap.queries.shown import on_the_map


@dataclass(frozen=True, eq=False)
class Points:
    """The places of a drawing in columns, by supplier id."""

    suppliers: npt.NDArray[np.int64]
    places: npt.NDArray[np.float64]
    clusters: npt.NDArray[np.int64]
    fingerprints: npt.NDArray[np.int64]


def current(session: Session) -> Landscape | None:
    """Return the drawing that is shown: the last one that is ready."""
    ready = sa.select(Landscape).where(Landscape.state == DrawingState.READY)
    return session.scalar(ready.order_by(Landscape.drawn_at.desc(), Landscape.id.desc()).limit(1))


def under_way(session: Session) -> Landscape | None:
    """Return the drawing that is being made, if there is one."""
    drawing = sa.select(Landscape).where(Landscape.state == DrawingState.DRAWING)
    return session.scalar(drawing.order_by(Landscape.id.desc()).limit(1))


def last_placed_anew(session: Session, *, landscape: Landscape) -> Landscape:
    """Return the drawing in which everybody was placed anew and to which ``landscape`` has been added since."""
    found = landscape
    while found.based_on_id is not None:
        before = session.get(Landscape, found.based_on_id)
        if before is None:
            break
        found = before
    return found


def clusters(session: Session, *, landscape_id: int) -> Sequence[LandscapeCluster]:
    """Return the clusters of a drawing by number."""
    query = sa.select(LandscapeCluster).where(LandscapeCluster.landscape_id == landscape_id)
    return session.scalars(query.order_by(LandscapeCluster.number)).all()


def points(session: Session, *, landscape_id: int) -> Points:
    """Return the places of a drawing."""
    own = LandscapePoint
    query = sa.select(own.supplier_id, own.x, own.y, own.cluster, own.fingerprint)
    rows = session.execute(query.where(own.landscape_id == landscape_id).order_by(own.supplier_id)).all()
    return Points(
        np.array([row.supplier_id for row in rows], dtype=np.int64),
        np.array([(row.x, row.y) for row in rows], dtype=np.float64).reshape(-1, 2),
        np.array([row.cluster for row in rows], dtype=np.int64),
        np.array([row.fingerprint for row in rows], dtype=np.int64),
    )


def not_placed(session: Session, *, landscape: Landscape | None) -> tuple[int, int]:
    """Return how many suppliers that belong on the map have no place on it or changed their words since, and how many
    stand on it as they are.
    """
    told = sa.select(Statement.supplier_id).where(Statement.counts_on(clock.uk_today()))
    query = sa.select(sa.func.count()).select_from(Supplier).where(*on_the_map(), Supplier.id.in_(told))
    everybody = session.scalar(query) or 0
    if landscape is None:
        return everybody, 0
    placed = sa.select(LandscapePoint.supplier_id).where(LandscapePoint.landscape_id == landscape.id)
    since = sa.select(Statement.supplier_id).where(Statement.updated_at > landscape.begun_at)
    as_they_are = query.where(Supplier.id.in_(placed), Supplier.id.not_in(since))
    standing = session.scalar(as_they_are) or 0
    return everybody - standing, standing
