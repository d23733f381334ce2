"""Events: a room says what happened, rooms above react at once, in the same transaction.

Handlers are listed in one visible table in ``engage.app``; they may raise (and so undo the whole change) and write
only rows, letters and jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Event:
    """Base of every event; carries plain ids, never rows."""


Handler = Callable[[Session, Any], None]

_handlers: dict[type[Event], tuple[Handler, ...]] = {}


def wire(table: Mapping[type[Event], Sequence[Handler]]) -> None:
    """Install the table of reactions, replacing the one before."""
    _handlers.clear()
    _handlers.update({event: tuple(handlers) for event, handlers in table.items()})


def emit(session: Session, event: Event) -> None:
    """Let every handler of ``event``'s type react now, in order. What a handler raises goes to the caller."""
    for handler in _handlers.get(type(event), ()):
        handler(session, event)
