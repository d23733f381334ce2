"""Having a supplier's data deleted: the supplier asks, the platform's team answers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
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
from engage.suppliers.service.profile import CAPACITY, subject_of

LONGEST_WORDS = 2_000
_ENDED = {OrganisationState.VERIFIED: Decision.SUSPEND, OrganisationState.PENDING: Decision.REFUSE}
"""What becomes of the organisation; one that is refused or suspended already stays so."""


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

    Deleted are its statements and everything it said about itself, and its organisation is suspended (refused, if it
    was never verified); what it took part in stays on record, because others rely on it. Side effects, in order: the
    request is locked; its organisation, then its supplier, and their rows, those of the decision; the request, an audit
    line. Raises ``NotFound``, ``Conflict`` when it was answered meanwhile, ``Invalid`` (field ``answer``) without an
    answer.
    """
    query = (
        sa.select(DeletionRequest)
        .where(DeletionRequest.id == request_id)
        .with_for_update(of=DeletionRequest)
        .execution_options(populate_existing=True)
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    to = RequestState.DONE if delete else RequestState.REFUSED
    check(REQUESTS, now=found.state, to=to, thing="request")
    clean = answer.strip()
    if not clean:
        raise Invalid({"answer": "Say what was done, or why not"})
    if delete:
        _delete(session, actor, _held(session, found.supplier), clean)
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


def _held(session: Session, supplier: Supplier) -> Supplier:
    """Lock the organisation, then the supplier: nothing is added to what is being deleted."""
    accounts.lock_organisation(session, supplier.organisation_id)
    query = sa.select(Supplier).where(Supplier.id == supplier.id).with_for_update(of=Supplier)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _delete(session: Session, actor: Anyone, supplier: Supplier, answer: str) -> None:
    session.execute(sa.delete(Statement).where(Statement.supplier_id == supplier.id))
    session.expire(supplier, ["statements"])
    supplier.summary = supplier.website = supplier.corporate_group = ""
    supplier.sme = supplier.vcse = supplier.size = None
    supplier.regions, supplier.sectors, supplier.cpv, supplier.paused = [], [], [], True
    supplier.capacity_per_quarter = CAPACITY
    supplier.source = None  # no file brings it back
    supplier.facts.clear()
    supplier.updated_at = clock.now()
    session.flush()
    decision = _ENDED.get(supplier.organisation.state)
    if decision is not None:
        decide(
            session,
            actor=actor,
            organisation_id=supplier.organisation_id,
            decision=decision,
            reason=f"Its data was deleted at its own request. {answer}",
        )
    emit(session, StatementsChanged(supplier.id))
