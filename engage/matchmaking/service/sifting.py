"""The hard rules: who takes part in a match at all. Applied before anything is scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel import clock, uktime
from engage.matching import SupplierProfile
from engage.matchmaking.enums import HardRule, InvitationState
from engage.matchmaking.models import Invitation
from engage.matchmaking.service.texts import profile
from engage.suppliers import queries as suppliers
from engage.suppliers.models import Statement, Supplier

MONTHS_IN_QUARTER = 3


@dataclass(frozen=True)
class Sifted:
    """Who takes part, with the statements that count, and how many each rule left out."""

    suppliers: dict[str, Supplier] = field(default_factory=dict)
    profiles: list[SupplierProfile] = field(default_factory=list)
    statements: dict[str, Statement] = field(default_factory=dict)
    """By id, as text: what the matcher calls a document."""
    excluded: Counter[HardRule] = field(default_factory=Counter)


def sift(session: Session) -> Sifted:
    """Apply the hard rules to every supplier. Three statements, however many suppliers."""
    today = clock.uk_today()
    used = capacity_used(session, today=today)
    sifted = Sifted()
    for supplier in suppliers.for_matching(session):
        fresh = suppliers.fresh(supplier, today=today)
        rule = broken_rule(supplier, fresh, used)
        if rule is not None:
            sifted.excluded[rule] += 1
            continue
        sifted.suppliers[supplier.ref] = supplier
        sifted.profiles.append(profile(supplier, fresh))
        sifted.statements.update({str(statement.id): statement for statement in fresh})
    return sifted


def broken_rule(supplier: Supplier, fresh: Sequence[Statement], used: Mapping[int, int]) -> HardRule | None:
    """Return the first hard rule that leaves ``supplier`` out, or ``None``; ``used`` is the capacity used up."""
    if not supplier.organisation.verified:
        return HardRule.NOT_VERIFIED
    if supplier.paused:
        return HardRule.PAUSED
    if not fresh:
        return HardRule.NO_STATEMENT
    if used.get(supplier.id, 0) >= supplier.capacity_per_quarter:
        return HardRule.NO_CAPACITY
    return None


def capacity_used(
    session: Session, *, today: date, supplier_ids: Sequence[int] | None = None
) -> dict[int, int]:
    """Return how many invitations of the running quarter each supplier has that are waiting or accepted."""
    query = (
        sa.select(Invitation.supplier_id, sa.func.count())
        .where(
            Invitation.state.in_([InvitationState.SENT, InvitationState.ACCEPTED]),
            Invitation.sent_at >= quarter_start(today),
        )
        .group_by(Invitation.supplier_id)
    )
    if supplier_ids is not None:
        query = query.where(Invitation.supplier_id.in_(supplier_ids))
    return dict(session.execute(query).all())


def quarter_start(day: date) -> datetime:
    """Return when the calendar quarter of ``day`` began, UK time."""
    month = day.month - (day.month - 1) % MONTHS_IN_QUARTER
    return uktime.from_uk(day.replace(month=month, day=1), time(0))
