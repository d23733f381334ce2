"""The board of a department: what each room says is due, put together for the person who looks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.orm import Session

from engage.advisory import queries as advisory
from engage.challenges.queries import Shown
from engage.kernel.actor import Actor
from engage.kernel.due import Due, everything


class Choice(StrEnum):
    """Which challenges a person wants to see."""

    ALL = "all"
    MINE = "mine"
    LATE = "late"


@dataclass(frozen=True)
class Board:
    """Everything that waits in a department, as one person sees it."""

    actor: Actor
    items: Sequence[Due]
    """Whoever's turn it is: late ones first, then by day, then those without a day."""
    facilitated: Collection[str] = field(default=())
    """References of the challenges of which the person runs a session."""

    @property
    def your_turn(self) -> Sequence[Due]:
        """What the person can do now."""
        return [item for item in self.items if item.who.includes(self.actor)]

    @property
    def refs_of_person(self) -> Collection[str]:
        """The challenges in which it is the person's turn, or of which they run a session."""
        return {*self.facilitated, *(item.ref for item in self.your_turn)}

    @property
    def late(self) -> Mapping[str, Sequence[str]]:
        """What is late, in words, each once, by the reference of the challenge."""
        found: dict[str, dict[str, None]] = {}
        for item in self.items:
            if item.late:
                found.setdefault(item.ref, {})[item.late] = None
        return {ref: list(words) for ref, words in found.items()}

    def shown(self, choice: Choice) -> Shown:
        """Return which challenges the board shows for a choice."""
        assert self.actor.organisation_id is not None
        if choice is Choice.MINE:
            return Shown(self.actor.organisation_id, person_id=self.actor.person_id, refs=self.refs_of_person)
        return Shown(self.actor.organisation_id, refs=set(self.late) if choice is Choice.LATE else None)


def board(session: Session, *, actor: Actor) -> Board:
    """Return what waits in the department for which ``actor`` acts.

    The same number of statements, however many challenges there are.
    """
    assert actor.organisation_id is not None
    items = everything(session, organisation_id=actor.organisation_id)
    return Board(actor, items, advisory.facilitated(session, person_id=actor.person_id))
