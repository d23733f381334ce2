"""Which capabilities a statement names: its supplier says, or the CPV codes of a file do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.kernel.errors import Invalid
from engage.suppliers.enums import NamedBy
from engage.suppliers.models import Capability, Statement, StatementCapability
from engage.suppliers.service.statements import changed
from engage.suppliers.service.suggesting import surely

MOST_CAPABILITIES = 5
"""That one statement may name: who names everything says nothing."""
MOST_BY_CPV = 2


def name_capabilities(
    session: Session, *, actor: Anyone, statement: Statement, slugs: Collection[str]
) -> list[str]:
    """Let a statement name exactly these capabilities; return what they are called, by name.

    A capability that was merged stands for the one it was merged into. One that is retired can stay, but cannot be
    named anew. Side effects if anything changed: the rows, an audit line, the event ``StatementsChanged``. Raises
    ``Invalid`` (field ``capabilities``) for too many and for one that cannot be named.
    """
    wanted = _wanted(session, statement, slugs)
    held = {each.capability_id: each for each in statement.named}
    for gone in set(held) - set(wanted):
        statement.named.remove(held[gone])
    for each in statement.named:
        each.named_by = NamedBy.SUPPLIER
    for new in wanted.keys() - held.keys():
        statement.named.append(
            StatementCapability(capability=wanted[new], named_by=NamedBy.SUPPLIER, since=clock.now())
        )
    names = sorted(each.name for each in wanted.values())
    if set(held) != set(wanted):
        session.flush()
        slugs_now = sorted(each.slug for each in wanted.values())
        changed(session, actor, statement.supplier, "named", statement=statement.id, capabilities=slugs_now)
    return names


def _wanted(session: Session, statement: Statement, slugs: Collection[str]) -> dict[int, Capability]:
    found = session.scalars(sa.select(Capability).where(Capability.slug.in_(slugs))).all()
    held = {each.capability_id for each in statement.named}
    wanted: dict[int, Capability] = {}
    for each in found:
        chosen = each.merged_into or each
        if chosen.parent_id is None or (chosen.retired_at is not None and chosen.id not in held):
            raise Invalid({"capabilities": f"“{each.name}” cannot be chosen any more"})
        wanted[chosen.id] = chosen
    if len(found) < len(set(slugs)):
        raise Invalid({"capabilities": "Choose capabilities from the list"})
    if len(wanted) > MOST_CAPABILITIES:
        raise Invalid({"capabilities": f"Choose up to {MOST_CAPABILITIES} capabilities for one statement"})
    return wanted


def known_slugs(session: Session, slugs: Collection[str]) -> list[str]:
    """Return those of ``slugs`` that a statement could name anew, in their order; a merged one stands for its other."""
    found = session.scalars(sa.select(Capability).where(Capability.slug.in_(slugs))).all()
    chosen = {each.slug: each.merged_into or each for each in found}
    standing = {
        slug for slug, each in chosen.items() if each.parent_id is not None and each.retired_at is None
    }
    return list(dict.fromkeys(slug for slug in slugs if slug in standing))


class CrossWalk:
    """From CPV codes to capabilities: prefixes match at every level, and the longest says most."""

    def __init__(self, prefixes: Mapping[str, Sequence[int]]) -> None:
        self._prefixes = prefixes

    @classmethod
    def of(cls, session: Session) -> CrossWalk:
        """Return the cross-walk of the capabilities in use: one statement of SQL."""
        prefixes: dict[str, list[int]] = {}
        query = (
            sa.select(Capability.id, Capability.cpv)
            .where(Capability.retired_at.is_(None), Capability.parent_id.is_not(None))
            .order_by(Capability.id)
        )
        for row in session.execute(query):
            for prefix in row.cpv:
                prefixes.setdefault(prefix, []).append(row.id)
        return cls(prefixes)

    def capabilities(self, codes: Iterable[str], *, most: int = MOST_BY_CPV) -> list[int]:
        """Return the ids of the capabilities that eight-digit ``codes`` mean, the most exact first, each once.

        Of each code only the longest prefix counts; a code that is wider than every prefix means none.
        """
        found: dict[int, int] = {}
        for code in codes:
            for length in range(len(code), 1, -1):
                if code[:length] in self._prefixes:
                    for each in self._prefixes[code[:length]]:
                        found[each] = max(found.get(each, 0), length)
                    break
        return sorted(found, key=lambda each: (-found[each], each))[:most]


def name_imported(session: Session, statements: Iterable[Statement]) -> int:
    """Let imported statements name what their CPV codes mean or, where these say too little, their words.

    What its supplier said stays. Returns for how many that changed anything. Side effects: the rows. Whoever imports
    writes the audit line.
    """
    named = 0
    walk: CrossWalk | None = None
    for statement in statements:
        if statement.source is None or any(one.named_by is NamedBy.SUPPLIER for one in statement.named):
            continue
        walk = walk or CrossWalk.of(session)
        wanted, named_by = walk.capabilities(statement.cpv), NamedBy.CPV
        if not wanted:
            wanted, named_by = _by_words(session, statement), NamedBy.WORDS
        if {one.capability_id for one in statement.named} == set(wanted):
            continue
        kept = {one.capability_id: one for one in statement.named}
        statement.named[:] = [
            kept.get(each) or StatementCapability(capability_id=each, named_by=named_by, since=clock.now())
            for each in wanted
        ]
        named += 1
    session.flush()
    return named


def _by_words(session: Session, statement: Statement) -> list[int]:
    slugs = surely(session, title=statement.title, text=statement.text)
    query = sa.select(Capability.id).where(Capability.slug.in_(slugs)).order_by(Capability.id)
    return list(session.scalars(query)) if slugs else []
