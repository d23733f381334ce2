"""A supplier's own data: all of it as one record, taken over from one, and deleted on request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.enums import Decision, OrganisationState
from engage.accounts.service import decide
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.events import emit
from engage.kernel.states import check
from engage.suppliers.enums import REQUESTS, RequestState
from engage.suppliers.events import StatementsChanged
from engage.suppliers.models import DeletionRequest, Statement, Supplier
from engage.suppliers.service.profile import subject_of
from engage.suppliers.service.records import parse_supplier
from engage.suppliers.service.statements import StatementText, add_statement, checked

LONGEST_WORDS = 2_000


@dataclass(frozen=True)
class Taken:
    """What taking over a record did."""

    added: int
    there: int
    """Statements whose words were there already; they stay as they are."""


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


def take_statements(session: Session, *, actor: Actor, supplier: Supplier, data: object) -> Taken:
    """Add the statements of a record that the supplier has not got; each counts for twelve months from today.

    Nothing else of the record is taken over: who one is and how large is said on the page for it, with a date. Side
    effects: those of ``add_statement``. Raises ``Invalid`` with a message for each wrong field, ``Conflict`` when there
    would be too many; the caller rolls back.
    """
    record = parse_supplier(data)
    held = {one.content_hash for one in supplier.statements}
    new = [one for one in record.statements if str(checked(one)["content_hash"]) not in held]
    for content in new:
        add_statement(session, actor=actor, supplier=supplier, content=_typed(content))
    return Taken(len(new), len(record.statements) - len(new))


def _typed(content: StatementText) -> StatementText:
    """Return what a statement says as if its supplier had typed it."""
    return replace(content, source=None, licence=None)


def ask_deletion(session: Session, *, actor: Actor, supplier: Supplier, words: str) -> DeletionRequest:
    """Ask that the data of ``supplier`` be deleted; the platform's team answers.

    Side effects: the row, an audit line. Raises ``Invalid`` (field ``words``), ``Conflict`` while a request is open.
    """
    clean = words.strip()
    if len(clean) > LONGEST_WORDS:
        raise Invalid({"words": f"What you write must be {LONGEST_WORDS:,} characters or fewer"})
    made = DeletionRequest(
        supplier_id=supplier.id,
        person_id=actor.person_id,
        words=clean,
        state=RequestState.OPEN,
        asked_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise Conflict("You have asked already. The platform's team will answer.") from error
    audit.record(
        session, actor=actor, tag="suppliers:deletion:asked", subject=subject_of(supplier), request=made.id
    )
    return made


def answer_deletion(
    session: Session, *, actor: Anyone, request_id: int, delete: bool, answer: str
) -> DeletionRequest:
    """Delete what a supplier asked to have deleted, or say why not.

    Deleted are its statements and everything it said about itself, and its organisation is suspended; what it took
    part in stays on record, because others rely on it. Side effects: the rows, those of the decision, an audit line.
    Raises ``NotFound``, ``Conflict`` when it was answered meanwhile, ``Invalid`` (field ``answer``) without an answer.
    """
    query = sa.select(DeletionRequest).where(DeletionRequest.id == request_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    to = RequestState.DONE if delete else RequestState.REFUSED
    check(REQUESTS, now=found.state, to=to, thing="request")
    clean = answer.strip()
    if not clean:
        raise Invalid({"answer": "Say what was done, or why not"})
    if delete:
        _delete(session, actor, found.supplier, clean)
    found.state, found.answer, found.answered_at = to, clean, clock.now()
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag=f"suppliers:deletion:{to.value}",
        subject=subject_of(found.supplier),
        request=found.id,
    )
    return found


def _delete(session: Session, actor: Anyone, supplier: Supplier, answer: str) -> None:
    session.execute(sa.delete(Statement).where(Statement.supplier_id == supplier.id))
    session.expire(supplier, ["statements"])
    supplier.summary = supplier.website = supplier.corporate_group = ""
    supplier.sme = supplier.vcse = supplier.size = None
    supplier.regions, supplier.sectors, supplier.cpv, supplier.paused = [], [], [], True
    supplier.source = None  # no file brings it back
    supplier.facts.clear()
    supplier.updated_at = clock.now()
    session.flush()
    if supplier.organisation.state is OrganisationState.VERIFIED:
        decide(
            session,
            actor=actor,
            organisation_id=supplier.organisation_id,
            decision=Decision.SUSPEND,
            reason=f"Its data was deleted at its own request. {answer}",
        )
    emit(session, StatementsChanged(supplier.id))
