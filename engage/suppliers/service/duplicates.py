"""Two suppliers that look like one: kept apart, or one stands for the other from now on."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.accounts.enums import Decision, OrganisationState
from engage.accounts.service import decide
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.text import sha256
from engage.suppliers.models import KeptApart, Supplier
from engage.suppliers.service.profile import subject_of

LONGEST_REASON = 1_000
_STANDING = (OrganisationState.PENDING, OrganisationState.VERIFIED)


def keep_apart(session: Session, *, actor: Anyone, refs: tuple[str, str], because: str) -> None:
    """Say that two suppliers are not the same: they are not proposed again.

    Side effects if nobody has said so before: the row, an audit line for each. Raises ``Invalid`` (field ``because``)
    without a reason, ``NotFound``.
    """
    reason = _reason(because)
    one, other = sorted(_both(session, refs), key=lambda supplier: supplier.id)
    added = (
        postgresql.insert(KeptApart)
        .values(one_id=one.id, other_id=other.id, because=reason, at=clock.now())
        .on_conflict_do_nothing()
        .returning(KeptApart.one_id)
    )
    if session.scalar(added) is None:
        return
    for supplier, than in ((one, other), (other, one)):
        audit.record(
            session,
            actor=actor,
            tag="suppliers:supplier:kept_apart",
            subject=subject_of(supplier),
            other=than.ref,
            reason_digest=sha256(reason),
        )


def merge_suppliers(session: Session, *, actor: Anyone, duplicate: str, into: str, because: str) -> Supplier:
    """Let one supplier stand for another that is the same organisation, and return it.

    The duplicate is suspended (refused, if it was never verified) and its people are told why and whom to ask; its
    address leads to the other's from now on. Its statements, people and past stay with it: what was said and done by
    whom does not change. Side effects: the pointer, those of the decision, an audit line for each. Raises ``Invalid``
    (field ``because``) without a reason, ``NotFound``, ``Conflict`` when either is no longer what it was.
    """
    reason = _reason(because)
    gone, kept = _both(session, (duplicate, into))
    if kept.merged_into_id is not None or kept.organisation.state is not OrganisationState.VERIFIED:
        raise Conflict("Only a verified supplier can stand for another.")
    if gone.merged_into_id is not None or gone.organisation.state not in _STANDING:
        raise Conflict("This supplier is no longer there to be merged.")
    verified = gone.organisation.state is OrganisationState.VERIFIED
    told = f"{gone.organisation.name} is on engage as {kept.organisation.name}. {reason} "
    decide(
        session,
        actor=actor,
        organisation_id=gone.organisation_id,
        decision=Decision.SUSPEND if verified else Decision.REFUSE,
        reason=f"{told}Ask its administrator to add you.",
    )
    gone.merged_into_id = kept.id
    session.execute(
        sa.update(Supplier).where(Supplier.merged_into_id == gone.id).values(merged_into_id=kept.id)
    )
    session.flush()
    for supplier, other in ((gone, kept), (kept, gone)):
        audit.record(
            session,
            actor=actor,
            tag="suppliers:supplier:merged",
            subject=subject_of(supplier),
            duplicate=gone.ref,
            into=kept.ref,
            other=other.ref,
        )
    return kept


def _both(session: Session, refs: tuple[str, str]) -> tuple[Supplier, Supplier]:
    query = (
        sa.select(Supplier).where(Supplier.ref.in_(refs)).order_by(Supplier.id).with_for_update(of=Supplier)
    )
    found = {each.ref: each for each in session.scalars(query.execution_options(populate_existing=True))}
    if len(found) != len(refs):
        raise NotFound
    return found[refs[0]], found[refs[1]]


def _reason(words: str) -> str:
    clean = words.strip()
    if not clean:
        raise Invalid({"because": "Say how you know"})
    if len(clean) > LONGEST_REASON:
        raise Invalid({"because": f"The reason must be {LONGEST_REASON:,} characters or fewer"})
    return clean
