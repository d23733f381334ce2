"""The public directory: looking for suppliers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only, selectinload

from engage.accounts.models import Organisation
from engage.kernel import clock
from engage.kernel.paging import Page, paginate
from engage.suppliers.models import Capability, Statement, StatementCapability, Supplier
from engage.suppliers.queries.profiles import public


def directory(
    session: Session,
    *,
    words: str = "",
    sme: bool = False,
    vcse: bool = False,
    region: str = "",
    capability: Capability | None = None,
    page: int = 1,
) -> Page[Supplier]:
    """Return one page of the suppliers that everyone may see, by name; the titles of their statements loaded.

    ``words`` are looked for in names and in statements, whose suppliers come after those found by name.
    ``sme`` and ``vcse`` keep those that say they are; ``region`` (an ITL 1 code) those that work there or
    say nothing about it. Four statements however long the page.
    """
    query = public()
    order: list[sa.ColumnElement[Any]] = [sa.func.lower(Organisation.name), Supplier.id.asc()]
    if words:
        named = Organisation.name.icontains(words, autoescape=True)
        asked = sa.func.websearch_to_tsquery("english", words)
        told = sa.exists().where(Statement.supplier_id == Supplier.id, Statement.search.op("@@")(asked))
        query = query.where(sa.or_(named, told))
        order.insert(0, named.desc())
    if sme:
        query = query.where(Supplier.sme.is_(True))
    if vcse:
        query = query.where(Supplier.vcse.is_(True))
    if region:
        everywhere = sa.func.cardinality(Supplier.regions) == 0
        query = query.where(sa.or_(Supplier.regions.contains([region]), everywhere))
    if capability is not None:
        query = query.where(_claims(capability))
    titles = load_only(Statement.title, Statement.dated, Statement.expires_on, Statement.supplier_id)
    query = query.options(selectinload(Supplier.statements).options(titles))
    return paginate(session, query.order_by(*order), page=page)


def _claims(capability: Capability) -> sa.ColumnElement[bool]:
    """Whether a supplier claims a capability, or one of an area, with a statement that counts today."""
    meant = sa.select(Capability.id).where(
        sa.or_(Capability.id == capability.id, Capability.parent_id == capability.id)
    )
    return sa.exists().where(
        Statement.supplier_id == Supplier.id,
        Statement.counts_on(clock.uk_today()),
        StatementCapability.statement_id == Statement.id,
        StatementCapability.capability_id.in_(meant),
    )
