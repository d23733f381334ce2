"""Reminding suppliers of statements that will soon count no longer: thirty and seven days before, once each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership, Organisation
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.kernel.settings import settings
from engage.outbox import service as outbox
from engage.suppliers.models import ExpiryReminder, Statement, Supplier

DAYS_BEFORE = (30, 7)
"""When to remind, the earliest first. One that comes late, after an outage, counts as the latest that is due."""
TEMPLATE = "statements_expiring"


def to_remind(session: Session) -> Sequence[int]:
    """Return the ids of the suppliers to remind today: those with people, and a statement about which none went out."""
    query = (
        sa.select(Statement.supplier_id)
        .join(Statement.supplier)
        .join(Supplier.organisation)
        .where(
            Organisation.state == OrganisationState.VERIFIED,
            sa.exists().where(
                Membership.organisation_id == Organisation.id,
                Membership.ended_at.is_(None),
                Membership.roles.contains([Role.SUPPLIER_ADMIN.value]),
            ),
            sa.or_(*(_due(days, least) for days, least in pairwise((*DAYS_BEFORE, 0)))),
        )
        .distinct()
        .order_by(Statement.supplier_id)
    )
    return session.scalars(query).all()


def remind(session: Session, *, supplier_id: int) -> int:
    """Write to those who look after a supplier which of its statements expire; return how many letters came of it.

    Side effects: a note for each statement and letter of reminder, so that no other is written about the same day; a
    letter to each administrator. Two that do it at once do it once. Nothing is written when nothing is due.
    """
    supplier = session.get(Supplier, supplier_id, with_for_update={"of": Supplier}, populate_existing=True)
    if supplier is None or supplier.organisation.state is not OrganisationState.VERIFIED:
        return 0
    people = accounts.people_with(session, Role.SUPPLIER_ADMIN, organisation_id=supplier.organisation_id)
    due = _note(session, supplier_id) if people else []
    if not due:
        return 0
    written = [
        outbox.post(
            session,
            template=TEMPLATE,
            to=person,
            context={
                "supplier": supplier.organisation.name,
                "statements": [(each.title, each.expires_on) for each in due],
                "link": f"{settings().base_url}/supplier/statements/expiring",
            },
            dedupe_key=f"{TEMPLATE}:{supplier.id}:{clock.uk_today().isoformat()}:{person.id}",
            why=f"You get this email because you look after the profile of {supplier.organisation.name} on engage.",
            sender=System(),
        )
        for person in people
    ]
    return sum(letter is not None for letter in written)


def _due(days: int, least: int) -> sa.ColumnElement[bool]:
    """Whether a statement expires in ``days`` days or sooner, but not in ``least``, and nobody was told as near."""
    today = clock.uk_today()
    told = sa.exists().where(
        ExpiryReminder.statement_id == Statement.id,
        ExpiryReminder.expires_on == Statement.expires_on,
        ExpiryReminder.days_before <= days,
    )
    first, last = today + timedelta(days=least), today + timedelta(days=days)
    return sa.and_(Statement.expires_on > first, Statement.expires_on <= last, ~told)


def _note(session: Session, supplier_id: int) -> list[Statement]:
    """Note the reminders of a supplier that are due now and return their statements, the first to expire first."""
    found: list[Statement] = []
    for days, least in pairwise((*DAYS_BEFORE, 0)):
        query = sa.select(Statement).where(Statement.supplier_id == supplier_id, _due(days, least))
        for statement in session.scalars(query.order_by(Statement.expires_on, Statement.id)):
            session.add(
                ExpiryReminder(
                    statement_id=statement.id,
                    expires_on=statement.expires_on,
                    days_before=days,
                    sent_at=clock.now(),
                )
            )
            found.append(statement)
    session.flush()
    return sorted(found, key=lambda each: (each.expires_on, each.id))
