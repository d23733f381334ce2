"""State machines as data: a room lists the legal transitions, one function applies them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from engage.kernel.errors import Conflict

S = TypeVar("S", bound=StrEnum)

Transitions = Mapping[S, frozenset[S]]


def check(table: Transitions[S], *, now: S, to: S, thing: str) -> None:
    """Raise ``Conflict`` in plain words when ``thing`` may not go from state ``now`` to state ``to``."""
    if to not in table.get(now, frozenset()):
        raise Conflict(
            f"This {thing} is {label(now)}, so it cannot become {label(to)}. "
            "Somebody may have acted in the meantime: reload the page to see where it stands."
        )


def label(state: StrEnum) -> str:
    """The state in words."""
    return state.value.replace("_", " ")
