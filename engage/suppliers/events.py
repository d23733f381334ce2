"""What happens to suppliers that other rooms react to."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.events import Event


@dataclass(frozen=True)
class StatementsChanged(Event):
    """Statements of a supplier were added, changed or removed."""

    supplier_id: int
