"""A supplier's own data: all of it as one record, and taken over from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from engage.kernel.actor import Actor
from engage.kernel.errors import Invalid
from engage.suppliers.enums import Sector, SupplierSize
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service.naming import MOST_CAPABILITIES, known_slugs, name_capabilities
from engage.suppliers.service.profile import ProfileText, update_profile
from engage.suppliers.service.records import SupplierRecord, parse_supplier
from engage.suppliers.service.statements import StatementText, add_statement, checked


@dataclass(frozen=True)
class Taken:
    """What taking over a record did."""

    added: int
    there: int
    """Statements whose words were there already; they stay as they are."""
    profile: tuple[str, ...] = ()
    """The names of what the profile says otherwise now."""


def own_record(supplier: Supplier) -> dict[str, Any]:
    """Return everything that is kept about a supplier, in the form that imports read; dates as ISO 8601."""
    numbers = [f"{one.scheme}-{one.value}" for one in supplier.organisation.identifiers]
    return {
        "id": supplier.ref,
        "name": supplier.organisation.name,
        "identifier": numbers[0] if numbers else None,
        "sme": supplier.sme,
        "vcse": supplier.vcse,
        "regions": list(supplier.regions),
        "expertise_cpv": list(supplier.cpv),
        "group": supplier.corporate_group,
        "about": {
            "summary": supplier.summary,
            "website": supplier.website,
            "size": supplier.size,
            "sectors": list(supplier.sectors),
            "capacity_per_quarter": supplier.capacity_per_quarter,
            "paused": supplier.paused,
            "facts": {
                one.name: {"source": one.source, "on": one.stated_on.isoformat()} for one in supplier.facts
            },
        },
        "docs": [_document(one) for one in supplier.statements],
    }


def _document(one: Statement) -> dict[str, Any]:
    return {
        "title": one.title,
        "text": one.text,
        "date": one.dated and one.dated.isoformat(),
        "cpv": list(one.cpv),
        "client": one.client,
        "evidence_url": one.evidence_url,
        "evidence_case": one.evidence_case,
        "evidence_reference": one.evidence_reference,
        "evidence_date": one.evidence_dated and one.evidence_dated.isoformat(),
        "capabilities": [each.capability.slug for each in one.named],
        "about": {
            "level": one.level,
            "verified_because": one.verified_because,
            "confirmed_on": one.confirmed_on.isoformat(),
            "expires_on": one.expires_on.isoformat(),
            "source": one.source,
        },
    }


def take_record(
    session: Session, *, actor: Actor, supplier: Supplier, data: object, profile: bool = False
) -> Taken:
    """Add the statements of a record that the supplier has not got; each counts for twelve months from today.

    They name the capabilities that they named, as far as these are still in use; nobody has verified them. With
    ``profile`` the supplier also says about itself what the record says, from today on; what that leaves out stays as
    it is. Name, numbers and a pause are never taken over: who one is is decided elsewhere, and a pause is one click.

    Side effects: those of ``update_profile``, of ``add_statement`` and ``name_capabilities``. Raises ``Invalid`` with a
    message for each wrong field, ``Conflict`` when there would be too many; the caller rolls back.
    """
    record = parse_supplier(data)
    assert isinstance(data, Mapping), "that is what a record is"
    said = _profile(supplier, record, data) if profile else None
    changed = update_profile(session, actor=actor, supplier=supplier, profile=said) if said else []
    held = {one.content_hash for one in supplier.statements}
    docs: Sequence[Mapping[str, Any]] = data.get("docs") or ()
    added = 0
    for content, doc in zip(record.statements, docs, strict=True):
        if str(checked(content)["content_hash"]) not in held:
            made = add_statement(session, actor=actor, supplier=supplier, content=_typed(content))
            held.add(made.content_hash)
            _name(session, actor, made, doc.get("capabilities"))
            added += 1
    return Taken(added, len(record.statements) - added, tuple(changed))


def _name(session: Session, actor: Actor, made: Statement, slugs: object) -> None:
    named = [slug for slug in slugs if isinstance(slug, str)] if isinstance(slugs, list) else []
    standing = known_slugs(session, named)[:MOST_CAPABILITIES]
    if standing:
        name_capabilities(session, actor=actor, statement=made, slugs=standing)


def _typed(content: StatementText) -> StatementText:
    """Return what a statement says as if its supplier had typed it."""
    return replace(content, source=None, licence=None)


def _profile(supplier: Supplier, record: SupplierRecord, data: Mapping[str, Any]) -> ProfileText:
    """Return what the record says about its supplier, and where it says nothing, what the profile says now."""
    about = {} if data.get("about") is None else data["about"]
    if not isinstance(about, Mapping):
        raise Invalid({"about": "must be an object"})
    wrong: dict[str, str] = {}
    size = about.get("size", supplier.size)
    if size is not None and size not in set(SupplierSize):
        wrong["about.size"] = f"must be one of {', '.join(SupplierSize)}, or null"
    sectors = about.get("sectors", supplier.sectors)
    if not isinstance(sectors, list) or not all(one in set(Sector) for one in sectors):
        wrong["about.sectors"] = f"must be a list of {', '.join(Sector)}"
    capacity = about.get("capacity_per_quarter", supplier.capacity_per_quarter)
    if not isinstance(capacity, int) or isinstance(capacity, bool):
        wrong["about.capacity_per_quarter"] = "must be a whole number"
    texts = {name: about.get(name, getattr(supplier, name)) for name in ("summary", "website")}
    for name, text in texts.items():
        if not isinstance(text, str):
            wrong[f"about.{name}"] = "must be a text"
    if wrong:
        raise Invalid(wrong)
    return ProfileText(
        **texts,
        size=SupplierSize(size) if size else None,
        sme=record.sme if "sme" in data else supplier.sme,
        vcse=record.vcse if "vcse" in data else supplier.vcse,
        regions=record.regions if "regions" in data else supplier.regions,
        sectors=sectors,
        cpv=record.cpv if "expertise_cpv" in data else supplier.cpv,
        corporate_group=record.group if "group" in data else supplier.corporate_group,
        capacity_per_quarter=capacity,
    )
