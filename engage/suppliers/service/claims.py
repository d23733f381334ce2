"""What keeps statements true: suppliers confirm them, the platform's team verifies them."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.states import check
from engage.kernel.text import sha256
from engage.suppliers.enums import LEVELS, EvidenceLevel
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service.statements import a_year_after, changed

LONGEST_REASON = 1_000


def confirm_statements(
    session: Session, *, actor: Anyone, supplier: Supplier, ids: Collection[int]
) -> list[Statement]:
    """Say that statements of ``supplier`` still hold: each counts for twelve months from today.

    Ids of statements that are not, or no longer, its own are passed over. Side effects for each, by id: the row, an
    audit line, the event ``StatementsChanged``. Raises ``Invalid`` (field ``statements``) when none is left.
    """
    query = (
        sa.select(Statement)
        .where(Statement.supplier_id == supplier.id, Statement.id.in_(ids))
        .order_by(Statement.id)
        .with_for_update(of=Statement)
    )
    found = list(session.scalars(query.execution_options(populate_existing=True)))
    if not found:
        raise Invalid({"statements": "Choose the statements that still hold"})
    for statement in found:
        confirm_statement(session, actor=actor, statement=statement)
    return found


def confirm_statement(session: Session, *, actor: Anyone, statement: Statement) -> None:
    """Say that a statement still holds: it counts for twelve months from today.

    Side effects: the row, an audit line, the event ``StatementsChanged``.
    """
    statement.confirmed_on = clock.uk_today()
    statement.expires_on = a_year_after(clock.uk_today())
    statement.updated_at = clock.now()
    session.flush()
    changed(session, actor, statement.supplier, "confirmed", statement=statement.id)


def verify_statement(
    session: Session, *, actor: Anyone, statement_id: int, because: str, seen: str
) -> Statement:
    """Say that somebody of the platform's team has compared a statement with its evidence.

    ``seen`` is when what was looked at was last changed (``updated_at``, ISO 8601). Side effects: the row, an audit
    line (with a digest of the reason, which may name people), the event ``StatementsChanged``. Raises ``Invalid``
    (field ``because``) without a reason, ``Conflict`` when there is nothing that could be compared, when it has
    changed meanwhile, and when the supplier itself is not verified.
    """
    reason = _reason(because, "Say what you compared with what")
    statement = _locked(session, statement_id)
    check(LEVELS, now=statement.level, to=EvidenceLevel.VERIFIED, thing="statement")
    if statement.updated_at.isoformat() != seen:
        raise Conflict("This statement has changed since you opened the page. Read it again.")
    if statement.supplier.organisation.state is not OrganisationState.VERIFIED:
        raise Conflict("Verify the organisation before you verify what it says.")
    statement.level = EvidenceLevel.VERIFIED
    statement.verified_at = statement.updated_at = clock.now()
    statement.verified_because = reason
    session.flush()
    changed(
        session,
        actor,
        statement.supplier,
        "verified",
        statement=statement.id,
        content=statement.content_hash,
        reason_digest=sha256(reason),
    )
    return statement


def set_aside(session: Session, *, actor: Anyone, statement_id: int, because: str) -> Statement:
    """Take a verification back: the statement is evidenced again.

    Side effects: the row, an audit line (with a digest of the reason), the event ``StatementsChanged``. Raises
    ``Invalid`` (field ``because``) without a reason, ``Conflict`` when it is not verified.
    """
    reason = _reason(because, "Say why the verification no longer holds")
    statement = _locked(session, statement_id)
    if statement.level is not EvidenceLevel.VERIFIED:
        raise Conflict("This statement is not verified.")
    statement.level, statement.verified_at, statement.verified_because = EvidenceLevel.EVIDENCED, None, None
    statement.updated_at = clock.now()
    session.flush()
    changed(
        session,
        actor,
        statement.supplier,
        "set_aside",
        statement=statement.id,
        reason_digest=sha256(reason),
    )
    return statement


def _reason(words: str, missing: str) -> str:
    clean = words.strip()
    if not clean:
        raise Invalid({"because": missing})
    if len(clean) > LONGEST_REASON:
        raise Invalid({"because": f"The reason must be {LONGEST_REASON:,} characters or fewer"})
    return clean


def _locked(session: Session, statement_id: int) -> Statement:
    query = sa.select(Statement).where(Statement.id == statement_id).with_for_update(of=Statement)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise Conflict("This statement has been removed in the meantime.")
    return found
