"""Reading claims: what will soon count no longer, what waits to be verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.kernel.paging import Page, paginate
from engage.suppliers.enums import EvidenceLevel, RequestState
from engage.suppliers.models import DeletionRequest, Statement, StatementCapability, Supplier
from engage.suppliers.queries.profiles import SOON


@dataclass(frozen=True)
class Claim:
    """A statement that expires soon or has expired."""

    statement: Statement
    expired: bool


def expiring(session: Session, *, supplier_id: int, day: date | None = None) -> Sequence[Claim]:
    """Return the statements of a supplier that have expired or will within thirty days, the first to expire first."""
    today = day or clock.uk_today()
    query = (
        sa.select(Statement)
        .where(Statement.supplier_id == supplier_id, Statement.expires_on <= today + SOON)
        .order_by(Statement.expires_on, Statement.id)
    )
    return [Claim(each, not each.counts_on(today)) for each in session.scalars(query)]


def to_verify(
    session: Session, *, level: EvidenceLevel = EvidenceLevel.EVIDENCED, words: str = "", page: int = 1
) -> Page[Statement]:
    """Return one page of the statements of verified suppliers at ``level``, with these, newest first."""
    query = (
        sa.select(Statement)
        .join(Statement.supplier)
        .join(Supplier.organisation)
        .where(Organisation.state == OrganisationState.VERIFIED, Statement.level == level)
        .options(contains_eager(Statement.supplier).contains_eager(Supplier.organisation))
        .order_by(Statement.updated_at.desc(), Statement.id.desc())
    )
    if words:
        named = Organisation.name.icontains(words, autoescape=True)
        query = query.where(sa.or_(named, Statement.title.icontains(words, autoescape=True)))
    return paginate(session, query, page=page)


def deletion_requests(session: Session, *, supplier_id: int | None = None) -> Sequence[DeletionRequest]:
    """Return the requests to delete data, of one supplier or of all, those that wait first."""
    query = (
        sa.select(DeletionRequest)
        .options(
            joinedload(DeletionRequest.supplier).joinedload(Supplier.organisation),
            joinedload(DeletionRequest.person),
        )
        .order_by(
            sa.case((DeletionRequest.state == RequestState.OPEN, 0), else_=1), DeletionRequest.id.desc()
        )
    )
    if supplier_id is not None:
        query = query.where(DeletionRequest.supplier_id == supplier_id)
    return session.scalars(query).all()


def deletion_request(session: Session, *, request_id: int) -> DeletionRequest:
    """Return a request to delete data. Raises ``NotFound``."""
    found = session.get(DeletionRequest, request_id)
    if found is None:
        raise NotFound
    return found


def any_statement(session: Session, *, statement_id: int) -> Statement:
    """Return a statement of whichever supplier, with it and the capabilities it names. Raises ``NotFound``."""
    query = (
        sa.select(Statement)
        .where(Statement.id == statement_id)
        .options(
            joinedload(Statement.supplier).joinedload(Supplier.organisation),
            selectinload(Statement.named).joinedload(StatementCapability.capability),
        )
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found
