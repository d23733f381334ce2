"""What happens to interests that rooms above may want to react to."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.events import Event


@dataclass(frozen=True)
class InterestsChanged(Event):
    """An interest was declared, corrected, ended or withdrawn, or steps against it were decided about.

    Invitations and seats may be concerned.
    """

    declaration_id: int
