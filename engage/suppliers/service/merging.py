"""Two suppliers that are one: one of them stands for the other from now on, with what still counts of both."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as queries_of_accounts
from engage.accounts import service as accounts
from engage.accounts.enums import Decision, OrganisationState
from engage.audit import service as audit
from engage.kernel.actor import Anyone
from engage.kernel.errors import Conflict
from engage.kernel.events import emit
from engage.suppliers.events import StatementsChanged, SuppliersMerged
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service.duplicates import both, reason_given
from engage.suppliers.service.profile import subject_of

_STANDING = (OrganisationState.PENDING, OrganisationState.VERIFIED)
MOVED = "You act for it from now on."
ASKED = "Its administrators have been asked to add you."


@dataclass(frozen=True)
class Merged:
    """What a merge did: the supplier that is kept, and how much went to it."""

    kept: Supplier
    statements: int
    people: int
    at_once: bool
    """Whether the people act for it already; otherwise its administrators were asked about each."""


def merge_suppliers(session: Session, *, actor: Anyone, duplicate: str, into: str, because: str) -> Merged:
    """Let one supplier stand for another that is the same organisation, and return what went to it.

    Statements go with their evidence, level and dates; those whose words are there already stay behind. People go with
    their roles when the duplicate was verified or there is nobody to ask; otherwise the administrators of the other are
    asked about each. Numbers of registers go where the other has none. What is under way goes, too: the rooms above see
    to it (``SuppliersMerged``). What is over, and every record of it, stays as it was; interests that were declared
    count for both. The duplicate is suspended (refused, if it was never verified), its address leads to the other.

    Side effects, in order: organisations, then suppliers locked, each by id; the event ``SuppliersMerged``; those of
    the decision, with its letters; people, numbers, statements; the pointer, an audit line for each, the event
    ``StatementsChanged`` for both. Raises ``Invalid`` (field ``because``) without a reason, ``NotFound``, ``Conflict``
    when either is no longer what it was.
    """
    reason = reason_given(because)
    gone, kept = _held(session, duplicate, into)
    at_once = accounts.people_can_move(session, gone=gone.organisation, kept=kept.organisation)
    emit(session, SuppliersMerged(gone.id, kept.id))
    _end(session, actor, gone, kept, f"{reason} {MOVED if at_once else ASKED}")
    organisations = {"gone": gone.organisation, "kept": kept.organisation}
    people = accounts.bring_people(session, actor=actor, at_once=at_once, **organisations)
    accounts.bring_numbers(session, actor=actor, **organisations)
    statements = _bring_statements(session, gone, kept)
    _point(session, gone, kept)
    for supplier, other in ((gone, kept), (kept, gone)):
        audit.record(
            session,
            actor=actor,
            tag="suppliers:supplier:merged",
            subject=subject_of(supplier),
            duplicate=gone.ref,
            into=kept.ref,
            other=other.ref,
            statements=statements,
            people=people,
            at_once=at_once,
        )
        emit(session, StatementsChanged(supplier.id))
    return Merged(kept, statements, people, at_once)


def _held(session: Session, duplicate: str, into: str) -> tuple[Supplier, Supplier]:
    query = sa.select(Supplier.organisation_id).where(Supplier.ref.in_((duplicate, into)))
    for organisation_id in sorted(session.scalars(query)):
        queries_of_accounts.lock_organisation(session, organisation_id)
    gone, kept = both(session, (duplicate, into))
    for supplier in (gone, kept):
        session.refresh(supplier.organisation)
    if kept.merged_into_id is not None or kept.organisation.state is not OrganisationState.VERIFIED:
        raise Conflict("Only a verified supplier can stand for another.")
    if gone.merged_into_id is not None or gone.organisation.state not in _STANDING:
        raise Conflict("This supplier is no longer there to be merged.")
    return gone, kept


def _end(session: Session, actor: Anyone, gone: Supplier, kept: Supplier, told: str) -> None:
    verified = gone.organisation.state is OrganisationState.VERIFIED
    accounts.decide(
        session,
        actor=actor,
        organisation_id=gone.organisation_id,
        decision=Decision.SUSPEND if verified else Decision.REFUSE,
        reason=f"{gone.organisation.name} is on engage as {kept.organisation.name}. {told}",
    )


def _bring_statements(session: Session, gone: Supplier, kept: Supplier) -> int:
    there = sa.select(Statement.content_hash).where(Statement.supplier_id == kept.id)
    moved = session.execute(
        sa.update(Statement)
        .where(Statement.supplier_id == gone.id, Statement.content_hash.not_in(there))
        .values(supplier_id=kept.id)
        .returning(Statement.id)
        .execution_options(synchronize_session=False)
    ).all()
    for supplier in (gone, kept):
        session.expire(supplier, ["statements"])
    return len(moved)


def _point(session: Session, gone: Supplier, kept: Supplier) -> None:
    """Let the address of the duplicate, and of those that were merged into it, lead to the other."""
    gone.merged_into_id, gone.source = kept.id, None  # no file brings its statements back
    session.execute(
        sa.update(Supplier).where(Supplier.merged_into_id == gone.id).values(merged_into_id=kept.id)
    )
    session.flush()
