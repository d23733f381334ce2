"""Reading the taxonomy, and how many suppliers claim what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.suppliers.enums import EvidenceLevel
from engage.suppliers.models import Capability, Statement, StatementCapability, Supplier, TaxonomyVersion

_HASHED = sa.text("SELECT set_config('enable_hashjoin', :on, true)")
FEW = 3
"""With fewer suppliers than these a capability is a gap."""


@dataclass(frozen=True)
class Counted:
    """A capability in use, and how many suppliers claim it with a statement that counts today."""

    capability: Capability
    suppliers: int
    checkable: int
    """Of these, how many with a statement that is evidenced or verified."""

    @property
    def few(self) -> bool:
        """Whether government has fewer than three to choose from."""
        return self.suppliers < FEW


@dataclass(frozen=True)
class Area:
    """An area with its capabilities, by name."""

    area: Capability
    below: Sequence[Counted]


def has_edition(session: Session, name: str) -> bool:
    """Tell whether an edition of the taxonomy was taken over."""
    found = sa.exists().where(TaxonomyVersion.edition == name)
    return bool(session.scalar(sa.select(found)))


def newest_version(session: Session) -> TaxonomyVersion | None:
    """Return the last change of the taxonomy."""
    return session.scalar(sa.select(TaxonomyVersion).order_by(TaxonomyVersion.number.desc()).limit(1))


def versions(session: Session, *, most: int = 50) -> Sequence[TaxonomyVersion]:
    """Return the last changes of the taxonomy, newest first."""
    return session.scalars(
        sa.select(TaxonomyVersion).order_by(TaxonomyVersion.number.desc()).limit(most)
    ).all()


def capability(session: Session, *, slug: str) -> Capability:
    """Return a capability or area with its parent and what it was merged into. Raises ``NotFound``."""
    query = (
        sa.select(Capability)
        .where(Capability.slug == slug)
        .options(joinedload(Capability.parent), joinedload(Capability.merged_into))
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def in_use(session: Session) -> Sequence[Capability]:
    """Return the areas and capabilities in use, by name; areas with their ids, capabilities with ``parent_id``."""
    query = (
        sa.select(Capability).where(Capability.retired_at.is_(None)).order_by(sa.func.lower(Capability.name))
    )
    return session.scalars(query).all()


def retired(session: Session) -> Sequence[Capability]:
    """Return what was retired or merged, newest first, with where it went."""
    query = (
        sa.select(Capability)
        .where(Capability.retired_at.is_not(None))
        .options(joinedload(Capability.merged_into))
        .order_by(Capability.retired_at.desc(), Capability.id)
    )
    return session.scalars(query).all()


def choices(session: Session) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a claim can name, by area: the name of the area, and slug and name of each below it."""
    held = in_use(session)
    names = {each.id: each.name for each in held if each.parent_id is None}
    below: dict[int, list[tuple[str, str]]] = {each: [] for each in names}
    for each in held:
        if each.parent_id in below:
            below[each.parent_id].append((each.slug, each.name))
    return [(names[area], own) for area, own in below.items() if own]


def claims_on(
    session: Session, *, capability: Capability, suppliers: Collection[int], day: date | None = None
) -> dict[int, list[Statement]]:
    """Return the statements that count on ``day`` and name a capability, by supplier; most checkable first.

    Of an area: those that name any capability of it.
    """
    meant = sa.select(Capability.id).where(
        sa.or_(Capability.id == capability.id, Capability.parent_id == capability.id)
    )
    query = (
        sa.select(Statement)
        .where(
            Statement.supplier_id.in_(suppliers),
            Statement.counts_on(day or clock.uk_today()),
            Statement.named.any(StatementCapability.capability_id.in_(meant)),
        )
        .order_by(Statement.supplier_id, Statement.dated.desc().nulls_last(), Statement.id)
    )
    found: dict[int, list[Statement]] = {each: [] for each in suppliers}
    for statement in session.scalars(query):
        found[statement.supplier_id].append(statement)
    order = list(EvidenceLevel)
    return {supplier: sorted(own, key=lambda one: -order.index(one.level)) for supplier, own in found.items()}


def areas(session: Session, *, day: date | None = None) -> list[Area]:
    """Return the areas with the capabilities in use and how many suppliers claim each on ``day``: two statements.

    Counted are suppliers, not statements; of verified organisations, with a statement that counts.
    """
    counts = _counts(session, day or clock.uk_today())
    held = in_use(session)
    below: dict[int, list[Counted]] = {}
    for each in held:
        if each.parent_id is not None:
            own = counts.get(each.id, (0, 0))
            below.setdefault(each.parent_id, []).append(Counted(each, *own))
    return [Area(each, below[each.id]) for each in held if each.parent_id is None and each.id in below]


def _counts(session: Session, day: date) -> dict[int, tuple[int, int]]:
    """Return by capability how many suppliers claim it, and how many of them in a way that others can check."""
    shown = Statement.level.in_([EvidenceLevel.EVIDENCED, EvidenceLevel.VERIFIED])
    claimed = (
        sa.select(
            StatementCapability.capability_id, Statement.supplier_id, sa.func.bool_or(shown).label("shown")
        )
        .join(Statement, Statement.id == StatementCapability.statement_id)
        .where(Statement.counts_on(day))
        .group_by(StatementCapability.capability_id, Statement.supplier_id)
        .subquery()
    )
    query = (
        sa.select(claimed.c.capability_id, sa.func.count(), sa.func.count().filter(claimed.c.shown))
        .join(Supplier, Supplier.id == claimed.c.supplier_id)
        .where(Supplier.listed_name.is_not(None))
        .group_by(claimed.c.capability_id)
    )
    with walking(session):
        return {row[0]: (row[1], row[2]) for row in session.execute(query)}


@contextmanager
def walking(session: Session) -> Iterator[None]:
    """Have statements and claims walked together by their indexes while this lasts: two settings of the transaction.

    The planner believes that a table of all statements in memory is quicker; it is not.
    """
    session.execute(_HASHED, {"on": "off"})
    yield
    session.execute(_HASHED, {"on": "on"})
