"""The table behind the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.kernel.paging import Page
from engage.suppliers.enums import EvidenceLevel, SupplierSize
from engage.suppliers.models import Supplier
from engage.techmap.models import LandscapePoint
from engage.techmap.queries.picture import level_of, told_by
from engage.techmap.queries.shown import Wanted, placed, shown

SORTS = ("name", "cluster", "statements", "evidence", "confirmed")
_RANKED = {"statements": ("statements",), "evidence": ("level", "statements"), "confirmed": ("confirmed",)}
PER_PAGE = 25
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """A supplier in the table; ``statements``, ``level`` and ``confirmed`` are of what it is shown by."""

    ref: str
    name: str
    cluster: int
    x: float
    y: float
    size: SupplierSize | None
    sme: bool | None
    vcse: bool | None
    regions: tuple[str, ...]
    statements: int
    level: EvidenceLevel
    confirmed: date


def table(
    session: Session, *, landscape_id: int, wanted: Wanted, sort: str = "name", page: int = 1
) -> Page[Row]:
    """Return one page of the suppliers that are wanted, in an order of ``SORTS``: two statements."""
    total = (
        session.scalar(sa.select(sa.func.count()).select_from(_of(shown(landscape_id, wanted)).subquery()))
        or 0
    )
    number = max(1, min(page, -(-total // PER_PAGE) or 1))
    query = _query(landscape_id, wanted, sort, first=(number - 1) * PER_PAGE, most=PER_PAGE)
    return Page([_row(row) for row in session.execute(query)], number, total, PER_PAGE)


def everybody(session: Session, *, landscape_id: int, wanted: Wanted) -> Iterator[Row]:
    """Yield every supplier that is wanted, by name: one statement, read as it is needed."""
    query = _query(landscape_id, wanted, "name")
    for row in session.execute(query, execution_options={"yield_per": AT_ONCE}):
        yield _row(row)


def _of(condition: Any) -> Any:
    """Return the ids of suppliers of whom the ``condition`` on them and their places holds."""
    joined = sa.select(LandscapePoint.supplier_id).join(Supplier, Supplier.id == LandscapePoint.supplier_id)
    return joined.where(condition)


def _query(landscape_id: int, wanted: Wanted, sort: str, *, first: int = 0, most: int | None = None) -> Any:
    """Return the query for rows in order; of which statements tell is worked out only of those that it needs."""
    own, named = LandscapePoint, sa.func.lower(Organisation.name)
    if sort in _RANKED:
        all_told = told_by(wanted, _of(placed(landscape_id, wanted)))
        ranks = [all_told.c[column].desc() for column in _RANKED[sort]]
        chosen = sa.select(all_told.c.supplier_id).order_by(*ranks, all_told.c.supplier_id)
    else:
        plain = (own.cluster, named) if sort == "cluster" else (named,)
        chosen = _of(shown(landscape_id, wanted))
        chosen = chosen.join(Organisation, Organisation.id == Supplier.organisation_id)
        chosen = chosen.order_by(*plain, own.supplier_id)
    told = told_by(wanted, chosen.limit(most).offset(first))
    order = [told.c[column].desc() for column in _RANKED[sort]] if sort in _RANKED else list(plain)
    about = (Supplier.ref, Supplier.size, Supplier.sme, Supplier.vcse, Supplier.regions, Organisation.name)
    return (
        sa.select(own.x, own.y, own.cluster, *about, told.c.statements, told.c.level, told.c.confirmed)
        .select_from(own)
        .join(Supplier, Supplier.id == own.supplier_id)
        .join(Organisation, Organisation.id == Supplier.organisation_id)
        .join(told, told.c.supplier_id == own.supplier_id)
        .where(own.landscape_id == landscape_id)
        .order_by(*order, own.supplier_id)
    )


def _row(row: Any) -> Row:
    return Row(
        ref=row.ref,
        name=row.name,
        cluster=row.cluster,
        x=row.x,
        y=row.y,
        size=row.size,
        sme=row.sme,
        vcse=row.vcse,
        regions=tuple(row.regions),
        statements=row.statements,
        level=level_of(row.level),
        confirmed=row.confirmed,
    )
