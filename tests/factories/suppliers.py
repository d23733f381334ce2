"""Suppliers with statements, as the services would have left them, but without their audit lines."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership, Organisation
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind, Role
from engage.kernel.ids import short_id
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service.statements import StatementText, checked
from tests.factories import accounts


def supplier(
    session: Session,
    *,
    name: str = "",
    state: OrganisationState = OrganisationState.VERIFIED,
    organisation: Organisation | None = None,
    does: str = "",
    **values: Any,
) -> Supplier:
    """A supplier; with ``does``, one fresh statement with these words."""
    kind = OrganisationKind.SUPPLIER
    owner = organisation or accounts.new_organisation(session, kind=kind, name=name, state=state)
    now = clock.now()
    made = Supplier(
        ref=f"s-{short_id(8)}",
        organisation=owner,
        sme=values.pop("sme", None),
        vcse=values.pop("vcse", None),
        created_at=now,
        updated_at=now,
        statements=[],
        **values,
    )
    session.add(made)
    session.flush()
    if does:
        statement(session, made, text=does)
    return made


def statement(
    session: Session,
    owner: Supplier,
    *,
    title: str = "Earlier work",
    text: str = "What was done.",
    expires_on: date | None = None,
    recorded_on: date | None = None,
    **values: Any,
) -> Statement:
    """A statement; recorded a year ago, so that it cannot have copied a challenge of today."""
    now = clock.now()
    made = Statement(
        **checked(StatementText(title=title, text=text, **values)),
        expires_on=expires_on or clock.uk_today() + timedelta(days=365),
        recorded_on=recorded_on or clock.uk_today() - timedelta(days=365),
        created_at=now,
        updated_at=now,
    )
    owner.statements.append(made)
    session.flush()
    return made


def member(session: Session, owner: Supplier, *, role: Role = Role.SUPPLIER_ADMIN) -> Membership:
    return accounts.member(session, role, organisation=owner.organisation)
