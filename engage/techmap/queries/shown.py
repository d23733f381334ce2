"""Who is on the map, asked anew each time it is looked at: nothing that has expired or is hidden is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.suppliers.enums import EvidenceLevel, SupplierSize
from engage.suppliers.models import Statement, StatementCapability, Supplier
from engage.techmap.models import LandscapePoint

_FOR_MANY = sa.text(
    "SELECT set_config('work_mem', '32MB', true), set_config('random_page_cost', '1.5', true)"
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to see of the map; empty: everything. ``day`` is the day that statements have to count on."""

    day: date
    words: str = ""
    capabilities: tuple[int, ...] = ()
    """Ids, any of which will do."""
    region: str = ""
    size: SupplierSize | None = None
    sme: bool = False
    vcse: bool = False
    levels: tuple[EvidenceLevel, ...] = ()
    since: date | None = None
    """Only by what was said or confirmed on this day or later."""
    cluster: int = 0

    @property
    def everything(self) -> bool:
        """Whether nothing is left out but what nobody sees."""
        return self == Wanted(day=self.day)


def on_the_map() -> tuple[sa.ColumnElement[bool], ...]:
    """Return what holds of a supplier that may be on the map: its organisation is verified, and it is no duplicate.

    It is listed exactly while its organisation is verified; the database sees to it at every change.
    """
    return (Supplier.listed_name.is_not(None), Supplier.merged_into_id.is_(None))


def ready_for_many(session: Session) -> None:
    """Let this transaction hold a hundred thousand suppliers in memory, and look up single rows: one statement.

    With what the database allows a query otherwise it would write them to the disk and read them back.
    """
    session.execute(_FOR_MANY)


def claims(wanted: Wanted) -> list[Any]:
    """Return what holds of a statement by which its supplier is shown."""
    found: list[Any] = [Statement.counts_on(wanted.day)]
    if wanted.levels:
        found.append(Statement.level.in_(wanted.levels))
    if wanted.since is not None:
        found.append(Statement.confirmed_on >= wanted.since)
    if wanted.capabilities:
        names = sa.select(StatementCapability.statement_id).where(
            StatementCapability.capability_id.in_(wanted.capabilities)
        )
        found.append(Statement.id.in_(names))
    return found


def shown(landscape_id: int, wanted: Wanted) -> Any:
    """Return the condition on ``LandscapePoint`` joined with ``Supplier``: who is shown to whom wants this."""
    told = sa.select(Statement.supplier_id).where(*claims(wanted))
    return sa.and_(placed(landscape_id, wanted), Supplier.id.in_(told))


def placed(landscape_id: int, wanted: Wanted) -> Any:
    """Return the condition of ``shown`` for whom a statement is looked for anyway: all of it but that there is one."""
    found = [LandscapePoint.landscape_id == landscape_id, *on_the_map()]
    if wanted.words:
        found.append(_says(wanted.words, wanted))
    found += of_suppliers(wanted)
    if wanted.cluster:
        found.append(LandscapePoint.cluster == wanted.cluster)
    return sa.and_(*found)


def of_suppliers(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """Return what holds of a supplier that is wanted, apart from what it says in its statements."""
    found: list[sa.ColumnElement[bool]] = []
    if wanted.region:
        found.append(Supplier.regions.contains([wanted.region]))
    if wanted.size is not None:
        found.append(Supplier.size == wanted.size)
    if wanted.sme:
        found.append(Supplier.sme.is_(True))
    if wanted.vcse:
        found.append(Supplier.vcse.is_(True))
    return found


def _says(words: str, wanted: Wanted) -> sa.ColumnElement[bool]:
    """Whether the name has the words, or a statement that counts."""
    listed = sa.orm.aliased(Supplier)
    named = sa.select(listed.id).where(listed.listed_name.contains(words.lower(), autoescape=True))
    asked = sa.func.websearch_to_tsquery("english", words)
    told = sa.select(Statement.supplier_id).where(
        Statement.search.op("@@")(asked), Statement.counts_on(wanted.day)
    )
    return LandscapePoint.supplier_id.in_(named.union(told))


def oldest(session: Session, *, day: date) -> date | None:
    """Return when the oldest statement by which anybody is on the map on ``day`` was last said or confirmed."""
    query = sa.select(sa.func.min(Statement.confirmed_on)).join(
        Supplier, Supplier.id == Statement.supplier_id
    )
    return session.scalar(query.where(Statement.counts_on(day), *on_the_map()))
