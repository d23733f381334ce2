"""The words that clusters are named by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.matching.landscape import Member
from engage.suppliers.models import Statement, Supplier


def words_of(session: Session, *, supplier_ids: Sequence[int], day: date) -> list[Member]:
    """Return the names of suppliers and the statements of theirs that count on ``day``."""
    query = (
        sa.select(Supplier.id, Organisation.name, Statement.title, sa.func.left(Statement.text, 3_000))
        .join(Organisation, Organisation.id == Supplier.organisation_id)
        .join(Statement, Statement.supplier_id == Supplier.id)
        .where(Supplier.id.in_(supplier_ids), Statement.counts_on(day))
        .order_by(Supplier.id, Statement.id)
    )
    found: dict[int, Member] = {}
    for supplier, name, title, text in session.execute(query):
        member = found.setdefault(supplier, Member(name, []))
        found[supplier] = Member(name, [*member.statements, (title, text)])
    return list(found.values())
