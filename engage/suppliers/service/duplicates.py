"""Two suppliers that look like one and are two: they are kept apart."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.kernel.errors import Invalid, NotFound
from engage.kernel.text import sha256
from engage.suppliers.models import KeptApart, Supplier
from engage.suppliers.service.profile import subject_of

LONGEST_REASON = 1_000


def keep_apart(session: Session, *, actor: Anyone, refs: tuple[str, str], because: str) -> None:
    """Say that two suppliers are not the same: they are not proposed again.

    Side effects if nobody has said so before: the row, an audit line for each. Raises ``Invalid`` (field ``because``)
    without a reason, ``NotFound``.
    """
    reason = reason_given(because)
    one, other = sorted(both(session, refs), key=lambda supplier: supplier.id)
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


def both(session: Session, refs: tuple[str, str]) -> tuple[Supplier, Supplier]:
    """Lock two suppliers, by id, and return them in the order of ``refs``. Raises ``NotFound``."""
    query = (
        sa.select(Supplier)
        .where(Supplier.ref.in_(refs))
        .order_by(Supplier.id)
        .with_for_update(of=Supplier, key_share=True)
    )
    found = {each.ref: each for each in session.scalars(query.execution_options(populate_existing=True))}
    if len(found) != len(refs):
        raise NotFound
    return found[refs[0]], found[refs[1]]


def reason_given(words: str) -> str:
    """Return why two suppliers are one or two, cleaned. Raises ``Invalid`` (field ``because``)."""
    clean = words.strip()
    if not clean:
        raise Invalid({"because": "Say how you know"})
    if len(clean) > LONGEST_REASON:
        raise Invalid({"because": f"The reason must be {LONGEST_REASON:,} characters or fewer"})
    return clean
