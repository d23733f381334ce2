"""What people have to do: each room says what waits in it, and the board of a department puts it together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.uktime import to_uk
from engage.kernel.workdays import workday_after, workdays_between

PATIENCE = 5
"""How many working days something may wait for a person before the board calls it late."""


@dataclass(frozen=True)
class Who:
    """Whose turn it is: anybody with one of ``roles``, of them only ``only`` where it is given, and never ``never``."""

    roles: frozenset[Role]
    only: frozenset[int] | None = None
    """Ids of people."""
    never: frozenset[int] = frozenset()

    def includes(self, actor: Actor) -> bool:
        """Tell whether it is ``actor``'s turn; that they act for the department is for the caller to know."""
        chosen = self.only is None or actor.person_id in self.only
        return actor.has(*self.roles) and chosen and actor.person_id not in self.never


@dataclass(frozen=True)
class Due:
    """Something that has to be done with a challenge."""

    ref: str
    title: str
    """The challenge's."""
    what: str
    """What to do, as an order: "Read the text and decide"."""
    path: str
    """The page on which it is done."""
    who: Who
    by: date | None = None
    """The last day on which it is not late; ``None``: no day is set."""
    late: str = ""
    """What is late, in words that need no others around them; empty when nothing is."""


Source = Callable[..., Iterable[Due]]
"""What a room says is due: called with a session and ``organisation_id``."""

_sources: list[Source] = []


def wire(sources: Iterable[Source]) -> None:
    """Install what rooms say is due, replacing what was there: the visible table stands in ``engage.app``."""
    _sources[:] = sources


def everything(session: Session, *, organisation_id: int) -> list[Due]:
    """Return what waits in a department, whoever's turn it is: late ones first, then by day, then those without.

    The same number of statements, however many challenges there are.
    """
    found = [item for due in _sources for item in due(session, organisation_id=organisation_id)]
    return sorted(found, key=lambda item: (not item.late, item.by or date.max, item.ref))


def until(since: datetime, *, days: int = PATIENCE) -> date:
    """Return the last day on which something that waits ``since`` then is not late."""
    return workday_after(to_uk(since).date(), days)


def waited(since: datetime, thing: str, *, days: int = PATIENCE) -> str:
    """Return "``thing`` for 7 working days" when that is longer than ``days``; else nothing."""
    number = workdays_between(to_uk(since).date(), clock.uk_today())
    return f"{thing} for {number} working days" if number > days else ""
