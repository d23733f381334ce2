"""Suppliers from a file: made, brought up to date, or left alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from engage.accounts import queries as accounts
from engage.accounts.models import Organisation, OrganisationIdentifier
from engage.accounts.service import create_organisation
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Anyone, OrganisationKind, System
from engage.kernel.errors import Conflict
from engage.kernel.events import emit
from engage.suppliers.events import StatementsChanged
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service.facts import note_facts
from engage.suppliers.service.naming import name_imported
from engage.suppliers.service.profile import ensure_profile, subject_of
from engage.suppliers.service.records import SupplierRecord
from engage.suppliers.service.statements import a_year_after, bring_level, checked

FILE = "imported file"


class Outcome(StrEnum):
    """What importing a record did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def hold_imported(session: Session, *, records: Collection[SupplierRecord]) -> None:
    """Lock what ``records`` are about until the transaction ends: organisations by their ids, then suppliers by theirs.

    That is the order of everybody who locks several of them, so that an import and an invitation, or two imports,
    never wait for each other in a circle. Call it before ``import_supplier`` for a few records at a time.
    """
    identifiers = [record.identifier for record in records if record.identifier]
    numbered = sa.tuple_(OrganisationIdentifier.scheme, OrganisationIdentifier.value).in_(identifiers)
    known = sa.union(
        sa.select(Supplier.organisation_id).where(
            Supplier.source_ref.in_([each.source_ref for each in records])
        ),
        sa.select(OrganisationIdentifier.organisation_id).where(numbered),
    )
    ids = session.scalars(known).all()
    organisations = sa.select(Organisation.id).where(Organisation.id.in_(ids)).order_by(Organisation.id)
    session.execute(organisations.with_for_update(key_share=True))
    suppliers = sa.select(Supplier.id).where(Supplier.organisation_id.in_(ids)).order_by(Supplier.id)
    session.execute(suppliers.with_for_update(key_share=True))


def import_supplier(
    session: Session, *, actor: Anyone, record: SupplierRecord, source: str = "file"
) -> Outcome:
    """Bring the supplier with ``record.source_ref`` into line with ``record``, making it when there is none.

    Made by engage itself (a ``System`` actor) the organisation is verified at once, else it waits for the
    platform's team. Statements that are no longer in the file are removed, expired ones that still are in
    it are confirmed. To an organisation that registered itself under the same identifier the statements are
    added once. From the moment its own people change a profile, no file changes it any more.

    Side effects if anything changed: the rows, audit lines, the event ``StatementsChanged``. Raises
    ``Conflict`` when the identifier belongs to another supplier of the file or to a department.
    """
    supplier = _known(session, record)
    outcome = Outcome.UPDATED
    if supplier is not None and supplier.source is None:
        return Outcome.UNCHANGED
    if supplier is None:
        supplier = _adopt(session, actor, record)
    if supplier is None:
        supplier, outcome = _create(session, actor, record, source), Outcome.CREATED
    facts = _facts(session, supplier, record) if supplier.source else []
    statements = _statements(session, supplier, record)
    if outcome is Outcome.UPDATED and not facts and not statements:
        return Outcome.UNCHANGED
    supplier.updated_at = clock.now()
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="suppliers:supplier:imported",
        subject=subject_of(supplier),
        fields=facts,
        **statements,
    )
    if statements:
        emit(session, StatementsChanged(supplier.id))
    return outcome


def _known(session: Session, record: SupplierRecord) -> Supplier | None:
    query = (
        sa.select(Supplier)
        .where(Supplier.source_ref == record.source_ref)
        .options(selectinload(Supplier.statements))
        .with_for_update(of=Supplier, key_share=True)
    )
    return session.scalar(query)


def _adopt(session: Session, actor: Anyone, record: SupplierRecord) -> Supplier | None:
    if record.identifier is None:
        return None
    scheme, value = record.identifier
    organisation = accounts.organisation_by_identifier(session, scheme=scheme, value=value)
    if organisation is None:
        return None
    if organisation.kind is not OrganisationKind.SUPPLIER:
        raise Conflict(f"{scheme}-{value} belongs to {organisation.name}, which is no supplier.")
    supplier = ensure_profile(session, actor=actor, organisation=organisation)
    if supplier.source_ref is not None:
        raise Conflict(f"{scheme}-{value} belongs to the supplier imported as {supplier.source_ref}.")
    supplier.source_ref = record.source_ref
    return supplier


def _create(session: Session, actor: Anyone, record: SupplierRecord, source: str) -> Supplier:
    organisation = create_organisation(
        session,
        kind=OrganisationKind.SUPPLIER,
        name=record.name,
        identifiers=[record.identifier] if record.identifier else [],
        verified=isinstance(actor, System),
        actor=actor,
    )
    supplier = ensure_profile(session, actor=actor, organisation=organisation)
    supplier.source, supplier.source_ref = source, record.source_ref
    return supplier


def _facts(session: Session, supplier: Supplier, record: SupplierRecord) -> list[str]:
    """Write name and flags; return the names of those that changed."""
    organisation: Organisation = supplier.organisation
    values: Mapping[str, object] = {
        "sme": record.sme,
        "vcse": record.vcse,
        "regions": list(record.regions),
        "cpv": list(record.cpv),
        "corporate_group": record.group,
    }
    changed = [name for name, value in values.items() if getattr(supplier, name) != value]
    for name in changed:
        setattr(supplier, name, values[name])
    if "sme" in changed:
        supplier.size = None  # the file says no more than this
    note_facts(supplier, changed, source=supplier.source or FILE)
    if organisation.name != record.name:
        organisation.name = record.name
        changed.append("name")
    session.flush()
    return changed


def _statements(session: Session, supplier: Supplier, record: SupplierRecord) -> dict[str, int]:
    """Bring the statements into line; return how many were added, changed and removed, without zeros."""
    held = {statement.content_hash: statement for statement in supplier.statements}
    wanted = {str(values["content_hash"]): values for values in map(checked, record.statements)}
    today, moment = clock.uk_today(), clock.now()
    count = {"added": 0, "changed": 0, "removed": 0}
    for name, values in wanted.items():
        statement = held.get(name)
        if statement is None:
            made = Statement(
                **values,
                confirmed_on=today,
                expires_on=a_year_after(today),
                recorded_on=today,
                created_at=moment,
                updated_at=moment,
            )
            supplier.statements.append(made)
            count["added"] += 1
        elif statement.source is not None and (names := _differing(statement, values)):
            for column in names:
                setattr(statement, column, values[column])
            statement.confirmed_on = today
            statement.expires_on = max(statement.expires_on, a_year_after(today))
            statement.updated_at = moment
            count["changed"] += 1
    for name, statement in held.items():
        if statement.source is not None and name not in wanted:
            supplier.statements.remove(statement)
            session.delete(statement)
            count["removed"] += 1
    session.flush()
    name_imported(session, supplier.statements)
    return {name: number for name, number in count.items() if number}


def _differing(statement: Statement, values: dict[str, object]) -> list[str]:
    """Return what the file changes; of one that is to be confirmed only, the day of that."""
    names = bring_level(statement, values)
    if not names and not statement.counts_on(clock.uk_today()):
        values["confirmed_on"] = clock.uk_today()
        return ["confirmed_on"]
    return names
