"""Reading suppliers and what they say they have done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, raiseload, selectinload

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.kernel.uktime import uk_date
from engage.matching import normalise
from engage.suppliers.models import Statement, Supplier

SOON = timedelta(days=30)
"""How long before a statement expires its supplier is reminded."""


@dataclass(frozen=True)
class Seen:
    """A statement as the matcher sees it; ``why_not`` is empty when it counts."""

    statement: Statement
    text: str
    why_not: str

    @property
    def counts(self) -> bool:
        """Whether the matcher uses it today."""
        return not self.why_not


def public() -> sa.Select[Supplier]:
    """Return the query for the suppliers that everyone may see, with their organisations."""
    return (
        sa.select(Supplier)
        .join(Supplier.organisation)
        .where(Organisation.state == OrganisationState.VERIFIED)
        .options(joinedload(Supplier.organisation))
    )


def public_supplier(session: Session, *, ref: str) -> Supplier:
    """Return a supplier that everyone may see, with identifiers and statements.

    Raises ``NotFound`` when there is none with ``ref``, or when it is not verified or suspended.
    """
    query = (
        public()
        .where(Supplier.ref == ref)
        .options(_identifiers(), _statements(), selectinload(Supplier.facts))
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def of_organisation(session: Session, *, organisation_id: int | None, whole: bool = True) -> Supplier:
    """Return the supplier of an organisation, with identifiers and statements. Raises ``NotFound``.

    ``whole``: with what the statements claim and where its facts come from, too. Otherwise neither can be read from it:
    the matcher compares words, and its pages ask two statements less.
    """
    query = sa.select(Supplier).where(Supplier.organisation_id == organisation_id).options(_identifiers())
    if whole:
        query = query.options(_statements(), selectinload(Supplier.facts))
    else:
        words = selectinload(Supplier.statements).raiseload(Statement.named)
        query = query.options(words, raiseload(Supplier.facts))
    found = session.scalar(query)
    if found is None:
        raise NotFound("This organisation has no supplier profile.")
    return found


def by_ref(session: Session, *, ref: str) -> Supplier:
    """Return the supplier with ``ref``, whoever may see it. Raises ``NotFound``."""
    found = session.scalar(sa.select(Supplier).where(Supplier.ref == ref))
    if found is None:
        raise NotFound
    return found


def statement(session: Session, *, supplier: Supplier, statement_id: int) -> Statement:
    """Return a statement of ``supplier``. Raises ``NotFound``, also for a statement of another supplier."""
    found = session.get(Statement, statement_id)
    if found is None or found.supplier_id != supplier.id:
        raise NotFound
    return found


def count_public(session: Session) -> int:
    """Return how many suppliers everyone may see."""
    return session.scalar(sa.select(sa.func.count()).select_from(public().subquery())) or 0


def counting(*, day: date) -> sa.Select[Statement]:
    """Return the query for the statements that everyone may see and that count on ``day``, with their suppliers.

    The same for the map, the lists of capabilities and the open data: a verified organisation, and
    ``Statement.counts_on``. Capabilities are ``Statement.named``; load them as you need them.
    """
    return (
        sa.select(Statement)
        .join(Statement.supplier)
        .join(Supplier.organisation)
        .where(Organisation.state == OrganisationState.VERIFIED, Statement.counts_on(day))
        .options(contains_eager(Statement.supplier).contains_eager(Supplier.organisation))
    )


def for_matching(session: Session, *, ids: Sequence[int] | None = None) -> Sequence[Supplier]:
    """Return suppliers (all, or those with ``ids``) with organisation and statements, by id."""
    query = sa.select(Supplier).options(selectinload(Supplier.statements)).order_by(Supplier.id)
    if ids is not None:
        query = query.where(Supplier.id.in_(ids))
    return session.scalars(query).all()


def fresh(supplier: Supplier, *, today: date) -> list[Statement]:
    """Return the statements of ``supplier`` that count in matching on ``today``."""
    return [each.statement for each in seen(supplier, today=today) if each.counts]


def seen(supplier: Supplier, *, today: date | None = None) -> list[Seen]:
    """Return each statement of ``supplier`` as the matcher sees it, or why it does not count."""
    day = today or clock.uk_today()
    found: list[Seen] = []
    already: set[str] = set()
    for each in sorted(supplier.statements, key=lambda statement: statement.id):
        text = normalise(f"{each.title}. {each.text}")
        why_not = ""
        if not each.counts_on(day):
            why_not = f"It expired on {uk_date(each.expires_on)}. Confirm it if it still holds."
        elif text.casefold() in already:
            why_not = "It has the same words as another statement, and the same words count once."
        else:
            already.add(text.casefold())
        found.append(Seen(each, text, why_not))
    return found


def _identifiers() -> sa.orm.interfaces.LoaderOption:
    return joinedload(Supplier.organisation).selectinload(Organisation.identifiers)


def _statements() -> sa.orm.interfaces.LoaderOption:
    return selectinload(Supplier.statements).selectinload(Statement.named)
