"""Which capabilities a text asks for, read from its codes and its words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.suppliers.models import Capability
from engage.suppliers.service.naming import CrossWalk
from engage.suppliers.service.suggesting import likely

MOST_BY_CODES = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """A text that asks for expertise."""

    title: str
    text: str = ""
    cpv: tuple[str, ...] = ()
    """Eight digits each."""


class TextReader:
    """Reads texts with the taxonomy as it stands: two statements of SQL, however many texts."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._walk = CrossWalk.of(session)
        self._known = {row.id: row for row in session.scalars(sa.select(Capability))}
        self._ids = {row.slug: row.id for row in self._known.values()}
        self._merged: dict[int, list[int]] = {}
        for row in self._known.values():
            if row.merged_into_id is not None:
                self._merged.setdefault(row.merged_into_id, []).append(row.id)

    def capabilities(self, asked: Asked) -> frozenset[str]:
        """Return the slugs of what a text asks for: what its codes mean, and what its words and codes make likely.

        With each come the area above it and everything that was merged into either, so that who asked for one of
        these finds it too.
        """
        found = set(self._walk.capabilities(asked.cpv, most=MOST_BY_CODES))
        probable = likely(self._session, title=asked.title, text=asked.text, cpv=asked.cpv)
        found |= {self._ids[slug] for slug in probable}
        return frozenset(self._known[each].slug for each in self._with_kin(found))

    def _with_kin(self, found: Iterable[int]) -> set[int]:
        reached: set[int] = set()
        waiting = list(found)
        while waiting:
            each = waiting.pop()
            if each in reached:
                continue
            reached.add(each)
            waiting.extend(self._merged.get(each, ()))
            parent = self._known[each].parent_id
            if parent is not None:
                waiting.append(parent)
        return reached
