"""What the advisory room tells the rooms above it."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.events import Event


@dataclass(frozen=True)
class SessionPublished(Event):
    """Something of a session became public: its minutes, its materials, or both at once."""

    session_id: int
    minutes: bool
    materials: tuple[str, ...]
    """The names of the files."""
    fact: str
    """As the ledger calls it."""
