"""Statements of expertise: what was done, for whom, with what evidence, and until when it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.events import emit
from engage.kernel.text import one_line
from engage.matching import Document, content_hash, full_text
from engage.suppliers.enums import EvidenceLevel
from engage.suppliers.events import StatementsChanged
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service.checks import cpv_codes, link
from engage.suppliers.service.profile import subject_of, take_over

LONGEST_TITLE = 300
LONGEST_TEXT = 6_000
LONGEST_CLIENT = 200
LONGEST_REFERENCE = 100
MOST_STATEMENTS = 100
MOST_CODES = 10
COMPARED = frozenset(
    {
        "title",
        "text",
        "client",
        "dated",
        "evidence_case",
        "evidence_reference",
        "evidence_dated",
        "evidence_url",
    }
)
"""What somebody who verifies a statement has looked at."""
_SAME_WORDS = "uq_statement_supplier_id_content_hash"


@dataclass(frozen=True, kw_only=True)
class StatementText:
    """What a statement says; ``source`` and ``licence`` are set for imported ones only."""

    title: str
    text: str
    client: str = ""
    dated: date | None = None
    cpv: Sequence[str] = ()
    evidence_case: str = ""
    evidence_reference: str = ""
    evidence_dated: date | None = None
    evidence_url: str = ""
    source: str | None = None
    licence: str | None = None


def add_statement(
    session: Session, *, actor: Anyone, supplier: Supplier, content: StatementText
) -> Statement:
    """Add a statement, which counts for twelve months from today.

    Side effects, in order: the row, an audit line, the event ``StatementsChanged``. Raises ``Invalid`` by
    field, and ``Conflict`` when the supplier has as many statements as it may have.
    """
    values = checked(content)
    _lock(session, supplier)
    held = sa.select(sa.func.count()).where(Statement.supplier_id == supplier.id)
    if (session.scalar(held) or 0) >= MOST_STATEMENTS:
        raise Conflict(f"You have {MOST_STATEMENTS} statements, the most there can be. Remove one first.")
    moment, today = clock.now(), clock.uk_today()
    made = Statement(
        **values,
        confirmed_on=today,
        expires_on=a_year_after(today),
        recorded_on=today,
        created_at=moment,
        updated_at=moment,
    )
    try:
        with session.begin_nested():
            supplier.statements.append(made)
            session.flush()
    except IntegrityError as error:
        raise _same_words(error) from error
    changed(session, actor, supplier, "added", statement=made.id)
    return made


def edit_statement(session: Session, *, actor: Anyone, statement: Statement, content: StatementText) -> bool:
    """Replace what a statement says, and return whether that changed anything. The day it expires stays.

    Nobody has verified what is written anew: the statement is then evidenced or declared again.

    Side effects if anything changed: the row, an audit line, the event ``StatementsChanged``. Raises
    ``Invalid`` by field.
    """
    values = checked(content)
    if values["content_hash"] == statement.content_hash:  # whose words they are has not changed
        values |= {"source": statement.source, "licence": statement.licence}
    names = bring_level(statement, values)
    if not names:
        return False
    try:
        with session.begin_nested():
            for name in names:
                setattr(statement, name, values[name])
            if "content_hash" in names:
                statement.recorded_on = clock.uk_today()
            statement.updated_at = clock.now()
            session.flush()
    except IntegrityError as error:
        raise _same_words(error) from error
    changed(session, actor, statement.supplier, "edited", statement=statement.id, fields=names)
    return True


def bring_level(statement: Statement, values: dict[str, object]) -> list[str]:
    """Return the names of what ``values`` would change, and settle in them which level the statement then has.

    What was verified stays so while nothing is changed that somebody compared; CPV codes and the source were not.
    """
    names = [name for name, value in values.items() if name != "level" and getattr(statement, name) != value]
    if statement.level is EvidenceLevel.VERIFIED and not COMPARED.intersection(names):
        values["level"] = EvidenceLevel.VERIFIED
    elif statement.level is EvidenceLevel.VERIFIED:
        values |= {"verified_at": None, "verified_because": None}
    return [name for name, value in values.items() if getattr(statement, name) != value]


def remove_statement(session: Session, *, actor: Anyone, statement: Statement) -> None:
    """Take a statement away. Side effects: the row, an audit line, the event ``StatementsChanged``."""
    supplier, number = statement.supplier, statement.id
    supplier.statements.remove(statement)
    session.delete(statement)
    session.flush()
    changed(session, actor, supplier, "removed", statement=number)


def checked(content: StatementText) -> dict[str, object]:
    """Return the columns of a statement. Raises ``Invalid`` with a message for each wrong field."""
    wrong: dict[str, str] = {}
    title, text = content.title.strip(), content.text.strip()
    limits = (
        ("title", "Title", title, LONGEST_TITLE),
        ("text", "What was done", text, LONGEST_TEXT),
        ("client", "Client", content.client, LONGEST_CLIENT),
        ("evidence_case", "What shows it", content.evidence_case, LONGEST_CLIENT),
        ("evidence_reference", "Reference", content.evidence_reference, LONGEST_REFERENCE),
    )
    for field, name, value, longest in limits:
        if len(value) > longest:
            wrong[field] = f"{name} must be {longest:,} characters or fewer"
    if not title:
        wrong["title"] = "Enter a title"
    if not text:
        wrong["text"] = "Say what was done"
    for field, day in (("dated", content.dated), ("evidence_dated", content.evidence_dated)):
        if day is not None and day > clock.uk_today():
            wrong[field] = "The date must be today or in the past"
    values: dict[str, object] = {
        "title": title,
        "text": text,
        "client": content.client.strip(),
        "dated": content.dated,
        "cpv": cpv_codes(content.cpv, wrong, most=MOST_CODES),
        "evidence_case": one_line(content.evidence_case),
        "evidence_reference": one_line(content.evidence_reference),
        "evidence_dated": content.evidence_dated,
        "evidence_url": link(
            content.evidence_url, wrong, field="evidence_url", name="The address of the evidence"
        ),
        "source": content.source,
        "licence": content.licence,
    }
    if wrong:
        raise Invalid(wrong)
    checkable = values["evidence_url"] or values["evidence_reference"]
    values["level"] = EvidenceLevel.EVIDENCED if checkable else EvidenceLevel.DECLARED
    values["content_hash"] = content_hash(full_text(Document(id="", title=title, text=text)))
    return values


def a_year_after(day: date) -> date:
    """Return the same day of the next year; 28 February follows 29 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _lock(session: Session, supplier: Supplier) -> None:
    """Wait until nobody else adds to the supplier. Raises ``Conflict`` when it has been suspended meanwhile."""
    query = (
        sa.select(Organisation.state)
        .join(Supplier, Supplier.organisation_id == Organisation.id)
        .where(Supplier.id == supplier.id)
    )
    session.execute(sa.select(Supplier.id).where(Supplier.id == supplier.id).with_for_update(key_share=True))
    if session.scalar(query) is OrganisationState.SUSPENDED:
        raise Conflict("Your organisation is suspended, so nothing can be added.")


def _same_words(error: IntegrityError) -> Exception:
    if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _SAME_WORDS:
        return error
    return Invalid({"text": "You have a statement with the same title and words already"})


def changed(session: Session, actor: Anyone, supplier: Supplier, deed: str, **details: object) -> None:
    """Write down what was done with a statement and tell the other rooms.

    Side effects: no file changes the supplier any more if its own people wrote; an audit line, the event
    ``StatementsChanged``.
    """
    if deed not in {"confirmed", "verified", "set_aside"}:
        take_over(supplier, actor)
        session.flush()
    audit.record(
        session, actor=actor, tag=f"suppliers:statement:{deed}", subject=subject_of(supplier), **details
    )
    emit(session, StatementsChanged(supplier.id))
