"""How many suppliers claim what, where, and how well backed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.suppliers import queries as suppliers
from engage.suppliers.enums import EvidenceLevel
from engage.suppliers.models import Capability, Statement, StatementCapability, Supplier
from engage.techmap.queries.picture import level_of
from engage.techmap.queries.shown import Wanted, claims, of_suppliers, on_the_map

NOWHERE = ""
"""Stands for suppliers that do not say where they work."""


@dataclass(frozen=True)
class Claimed:
    """A capability or area, and how many suppliers claim it: in all, by region, by the best evidence they have."""

    capability: Capability
    suppliers: int
    by_region: Mapping[str, int]
    by_level: Mapping[EvidenceLevel, int]


@dataclass(frozen=True)
class Coverage:
    """The rows of the heat maps: areas, or the capabilities of ``area``."""

    area: Capability | None
    rows: Sequence[Claimed]

    @property
    def most(self) -> int:
        """The largest number in the heat map by region."""
        return max((n for row in self.rows for n in row.by_region.values()), default=0)


def coverage(session: Session, *, wanted: Wanted, area: Capability | None = None) -> Coverage:
    """Count suppliers by area or, within an ``area``, by capability: two statements.

    A supplier counts once in a row, in each of its regions, and at its best level of evidence. Of ``wanted`` the
    filters on suppliers and statements hold; words and clusters do not.
    """
    query = sa.select(Capability).where(Capability.retired_at.is_(None))
    below = Capability.parent_id.is_(None) if area is None else Capability.parent_id == area.id
    named = session.scalars(query.where(below).order_by(sa.func.lower(Capability.name))).all()
    counts: dict[int, tuple[dict[str, int], dict[EvidenceLevel, int]]] = {}
    with suppliers.walking(session):
        found = session.execute(_counts(wanted, area)).all()
    for row in found:
        regions, levels = counts.setdefault(row.capability, ({}, {}))
        if row.level is None:
            regions[row.region] = row.suppliers
        else:
            levels[level_of(row.level)] = row.suppliers
    none: tuple[dict[str, int], dict[EvidenceLevel, int]] = ({}, {})
    return Coverage(area, [_claimed(each, *counts.get(each.id, none)) for each in named])


def _claimed(
    capability: Capability, by_region: Mapping[str, int], by_level: Mapping[EvidenceLevel, int]
) -> Claimed:
    return Claimed(capability, sum(by_level.values()), by_region, by_level)


def _counts(wanted: Wanted, area: Capability | None) -> Any:
    """Return rows (capability, region, null, suppliers) and (capability, null, level, suppliers)."""
    ranks = {level.value: i for i, level in enumerate(EvidenceLevel, start=1)}
    name = Capability.parent_id if area is None else Capability.id
    claimed = (
        sa.select(
            name.label("capability"),
            Statement.supplier_id,
            sa.func.max(sa.case(ranks, value=Statement.level)).label("level"),
        )
        .select_from(StatementCapability)
        .join(Capability, Capability.id == StatementCapability.capability_id)
        .join(Statement, Statement.id == StatementCapability.statement_id)
        .where(*claims(wanted), Capability.parent_id.is_not(None))
        .group_by(name, Statement.supplier_id)
    )
    if area is not None:
        claimed = claimed.where(Capability.parent_id == area.id)
    each = claimed.cte("claimed")
    # Few suppliers work in the same many regions: grouped by the whole list first, the lists are taken apart later.
    sets = (
        sa.select(each.c.capability, each.c.level, Supplier.regions, sa.func.count().label("suppliers"))
        .join(Supplier, Supplier.id == each.c.supplier_id)
        .where(*on_the_map(), *of_suppliers(wanted))
        .group_by(each.c.capability, each.c.level, Supplier.regions)
        .cte("sets")
        .prefix_with("MATERIALIZED")
    )
    total = sa.cast(sa.func.sum(sets.c.suppliers), sa.Integer).label("suppliers")
    said = sa.case(
        (sa.func.cardinality(sets.c.regions) > 0, sets.c.regions),
        else_=sa.literal([NOWHERE], sets.c.regions.type),
    )
    region = sa.func.unnest(said).table_valued("region").render_derived(name="place")
    places = (
        sa.select(sets.c.capability, region.c.region.label("region"), sa.null().label("level"), total)
        .select_from(sets.join(region, sa.true()))
        .group_by(sets.c.capability, region.c.region)
    )
    levels = sa.select(
        sets.c.capability, sa.null().label("region"), sets.c.level.label("level"), total
    ).group_by(sets.c.capability, sets.c.level)
    return places.union_all(levels)
