"""The taxonomy of capabilities: taking over an edition, and what the platform's team does with it.

Every change is a version. What a capability is called may change, the name in its address never does; claims stay with
the capability they name, and go with it when it is merged into another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.text import one_line
from engage.suppliers.models import Capability, StatementCapability, TaxonomyVersion
from engage.suppliers.service.editions import Edition, Entry

LONGEST_NAME = 100
_LOCK = 0x6361706162  # "capab": changes of the taxonomy come one after the other


@dataclass(frozen=True)
class Loaded:
    """What taking over an edition did."""

    added: int
    changed: int
    unchanged: int


def load_taxonomy(session: Session, *, actor: Anyone, edition: Edition) -> Loaded:
    """Bring the taxonomy into line with an edition; entries that are no longer in it stay as they are.

    Names that the platform's team gave, and what it merged or retired, stay. Side effects if anything changed: the
    rows, a version, an audit line.
    """
    _wait_for_turn(session)
    held = {each.slug: each for each in session.scalars(sa.select(Capability))}
    number = _newest(session) + 1
    added = changed = 0
    for entry in edition.entries:
        parent = held[entry.parent].id if entry.parent else None
        values = _values(entry, parent)
        found = held.get(entry.slug)
        if found is None:
            held[entry.slug] = found = Capability(
                slug=entry.slug, version=number, renamed_here=False, created_at=clock.now(), **values
            )
            session.add(found)
            session.flush()
            added += 1
        elif _bring(found, values, [each for each in held.values() if each.merged_into_id == found.id]):
            found.version = number
            changed += 1
    if added or changed:
        what = f"Edition {edition.name}: {added} added, {changed} changed"
        _note(session, actor, number, what, edition=edition.name)
    return Loaded(added, changed, len(edition.entries) - added - changed)


def rename_capability(session: Session, *, actor: Anyone, slug: str, name: str, synonyms: str) -> Capability:
    """Give a capability another name and other synonyms (one a line); a newer edition leaves both.

    The old name becomes a synonym, so that whoever looks for it still finds it. Side effects: the row, a version, an
    audit line. Raises ``Invalid`` by field, ``Conflict`` when it is retired.
    """
    found = _standing(session, slug)
    clean, wrong = one_line(name), {}
    if not clean:
        wrong["name"] = "Enter a name"
    if len(clean) > LONGEST_NAME:
        wrong["name"] = f"The name must be {LONGEST_NAME} characters or fewer"
    taken = sa.select(Capability).where(
        sa.func.lower(Capability.name) == clean.lower(),
        Capability.id != found.id,
        Capability.retired_at.is_(None),
    )
    if clean and session.scalar(taken) is not None:
        wrong["name"] = f"There is another capability called “{clean}”. Merge the two instead."
    others = [one_line(line) for line in synonyms.splitlines()]
    if any(len(other) > LONGEST_NAME for other in others):
        wrong["synonyms"] = f"Each synonym must be {LONGEST_NAME} characters or fewer"
    if wrong:
        raise Invalid(wrong)
    before = found.name
    if before.lower() != clean.lower():
        others.append(before)
    kept = dict.fromkeys(other for other in others if other and other.lower() != clean.lower())
    found.name, found.synonyms, found.renamed_here = clean, list(kept), True
    _noted(
        session,
        actor,
        found,
        f"“{before}” is now called “{clean}”" if before != clean else f"Synonyms of “{clean}”",
    )
    return found


def merge_capability(session: Session, *, actor: Anyone, slug: str, into: str) -> int:
    """Merge a capability into another: its claims go there; return how many went.

    Its names become synonyms of the other, its CPV prefixes and skills are added, and its address leads there. Side
    effects: the rows, a version, an audit line. Raises ``Invalid`` (field ``into``) when the other is not one that
    claims can name, ``Conflict`` when this one is retired or is an area.
    """
    found, other = _standing(session, slug), _by_slug(session, into)
    if found.parent_id is None:
        raise Conflict("This is an area, which has capabilities below it. Merge those.")
    if other is None or other.id == found.id or other.parent_id is None or other.retired_at is not None:
        raise Invalid({"into": "Choose another capability that is in use"})
    ours, theirs = StatementCapability, sa.orm.aliased(StatementCapability)
    both = sa.exists().where(theirs.statement_id == ours.statement_id, theirs.capability_id == other.id)
    session.execute(sa.delete(ours).where(ours.capability_id == found.id, both))
    moved = session.execute(
        sa.update(ours)
        .where(ours.capability_id == found.id)
        .values(capability_id=other.id)
        .returning(ours.statement_id)
    ).all()
    own = {"synonyms": other.synonyms, "cpv": other.cpv, "skills": other.skills}
    for name, value in _together(other.name, own, [found]).items():
        setattr(other, name, value)
    found.retired_at, found.merged_into_id = clock.now(), other.id
    session.execute(
        sa.update(Capability).where(Capability.merged_into_id == found.id).values(merged_into_id=other.id)
    )
    number = _noted(
        session,
        actor,
        found,
        f"“{found.name}” merged into “{other.name}”",
        into=other.slug,
        claims=len(moved),
    )
    other.version = number
    session.flush()
    session.expire_all()  # claims were moved by one statement, behind the session's back
    return len(moved)


def retire_capability(session: Session, *, actor: Anyone, slug: str) -> None:
    """Retire a capability: no claim can name it anew; those that do stay. Its address still works.

    Side effects: the row, a version, an audit line. Raises ``Conflict`` for an area that has capabilities in use.
    """
    found = _standing(session, slug)
    below = sa.exists().where(Capability.parent_id == found.id, Capability.retired_at.is_(None))
    if session.scalar(sa.select(below)):
        raise Conflict("This area has capabilities in use. Merge or retire those first.")
    found.retired_at = clock.now()
    _noted(session, actor, found, f"“{found.name}” retired")


def restore_capability(session: Session, *, actor: Anyone, slug: str) -> None:
    """Take a retirement back. Side effects: the row, a version, an audit line. Raises ``Conflict`` when merged."""
    found = _by_slug(session, slug)
    if found is None:
        raise NotFound
    if found.retired_at is None or found.merged_into_id is not None:
        raise Conflict("Only what was retired, and not merged, can be taken into use again.")
    found.retired_at = None
    _noted(session, actor, found, f"“{found.name}” in use again")


def _values(entry: Entry, parent: int | None) -> dict[str, Any]:
    return {
        "parent_id": parent,
        "name": entry.name,
        "description": entry.description,
        "synonyms": list(entry.synonyms),
        "cpv": list(entry.cpv),
        "skills": list(entry.skills),
    }


def _bring(found: Capability, values: Mapping[str, Any], merged: Sequence[Capability]) -> bool:
    """Write what differs, and tell whether anything did. What the team merged or retired, or called, stays."""
    if found.retired_at is not None:
        return False
    if merged:
        values = {**values, **_together(values["name"], values, merged)}
    kept = {"name", "synonyms"} if found.renamed_here else set()
    differing = [
        name for name, value in values.items() if name not in kept and not _same(getattr(found, name), value)
    ]
    for name in differing:
        setattr(found, name, values[name])
    return bool(differing)


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same: of lists the order says nothing."""
    return sorted(one) == sorted(other) if isinstance(one, list) else one == other


def _together(name: str, values: Mapping[str, Any], merged: Sequence[Capability]) -> dict[str, list[str]]:
    """Return synonyms, codes and skills of a capability with those of the ones merged into it, the later ones last."""
    names = [*values["synonyms"], *(word for each in merged for word in (each.name, *each.synonyms))]
    return {
        "synonyms": list(dict.fromkeys(word for word in names if word.lower() != name.lower())),
        "cpv": sorted({*values["cpv"], *(code for each in merged for code in each.cpv)}),
        "skills": list(
            dict.fromkeys([*values["skills"], *(word for each in merged for word in each.skills)])
        ),
    }


def _standing(session: Session, slug: str) -> Capability:
    _wait_for_turn(session)
    found = _by_slug(session, slug)
    if found is None:
        raise NotFound
    if found.retired_at is not None:
        raise Conflict("This capability is retired.")
    return found


def _by_slug(session: Session, slug: str) -> Capability | None:
    query = sa.select(Capability).where(Capability.slug == slug)
    return session.scalar(query.execution_options(populate_existing=True))


def _wait_for_turn(session: Session) -> None:
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _newest(session: Session) -> int:
    return session.scalar(sa.select(sa.func.max(TaxonomyVersion.number))) or 0


def _noted(session: Session, actor: Anyone, capability: Capability, what: str, **details: Any) -> int:
    number = _newest(session) + 1
    capability.version = number
    _note(session, actor, number, what, capability=capability.slug, **details)
    return number


def _note(
    session: Session, actor: Anyone, number: int, what: str, *, edition: str | None = None, **details: object
) -> None:
    session.add(TaxonomyVersion(number=number, edition=edition, what=what, at=clock.now()))
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="suppliers:taxonomy:changed",
        subject="taxonomy",
        version=number,
        what=what,
        **details,
    )
