"""Where the facts about a supplier come from, and since when they have been said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engage.kernel import clock
from engage.suppliers.enums import Fact
from engage.suppliers.models import Supplier, SupplierFact

ITSELF = "the supplier itself"
OF_COLUMN: Mapping[str, Fact] = {
    "size": Fact.SIZE,
    "sme": Fact.SIZE,
    "vcse": Fact.VCSE,
    "regions": Fact.REGIONS,
    "sectors": Fact.SECTORS,
}


def note_facts(supplier: Supplier, columns: Iterable[str], *, source: str) -> None:
    """Note today and ``source`` for what was changed; what is no longer said has neither. Side effects: the rows."""
    held = {fact.name: fact for fact in supplier.facts}
    for name in sorted({OF_COLUMN[column] for column in columns if column in OF_COLUMN}):
        fact = held.get(name)
        if not _said(supplier, name):
            if fact is not None:
                supplier.facts.remove(fact)
        elif fact is None:
            supplier.facts.append(SupplierFact(name=name, source=source, stated_on=clock.uk_today()))
        else:
            fact.source, fact.stated_on = source, clock.uk_today()


def _said(supplier: Supplier, name: Fact) -> bool:
    if name is Fact.SIZE:
        return supplier.sme is not None
    if name is Fact.VCSE:
        return supplier.vcse is not None
    return bool(supplier.regions if name is Fact.REGIONS else supplier.sectors)
