"""What happens to suppliers that other rooms react to."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.events import Event


@dataclass(frozen=True)
class SuppliersMerged(Event):
    """One supplier stands for another from now on; the other has not been suspended yet."""

    gone_id: int
    kept_id: int


@dataclass(frozen=True)
class StatementsChanged(Event):
    """Statements of a supplier were added, changed or removed."""

    supplier_id: int
