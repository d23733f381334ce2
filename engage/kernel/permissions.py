"""Permissions as data: each room lists its own in ``policy.py`` as members of a ``Permission`` enum."""

from __future__ import annotations

from enum import Enum

from engage.kernel.actor import Actor, Role


class Permission(Enum):
    """Base of the rooms' permission enums. A member is ``NAME = ("do the thing", {roles})``."""

    def __init__(self, deed: str, roles: frozenset[Role] | set[Role]) -> None:
        self.deed = deed
        self.roles = frozenset(roles)

    def allows(self, actor: Actor | None) -> bool:
        """Tell whether ``actor`` holds one of the roles; a visitor (``None``) never does."""
        return actor is not None and actor.has(*self.roles)

    @property
    def refusal(self) -> str:
        """The sentence for someone who may not."""
        *others, last = sorted(role.label for role in self.roles)
        needed = f"{', '.join(others)} or {last}" if others else last
        article = "an" if needed[0] in "aeiou" else "a"
        return f"To {self.deed} you need to be {article} {needed}."
