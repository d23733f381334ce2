"""Reading questions, what was told elsewhere, and the ledger of a challenge in words."""

from __future__ import annotations

from engage.consultation.queries.due import due
from engage.consultation.queries.ledger import (
    Difference,
    LedgerLine,
    differences,
    ledger_lines,
    public_differences,
)
from engage.consultation.queries.questions import (
    PublicAnswer,
    answered,
    askers,
    count_answered,
    of_challenge,
    of_supplier,
    open_count,
    open_questions,
    question_by_id,
    waiting_of,
)
from engage.consultation.queries.telling import (
    SharedFact,
    first_with_name,
    recipients,
    shared,
    supplier_named,
    told_fact,
    told_facts,
    unreleased,
    unworded,
)

__all__ = [
    "Difference",
    "LedgerLine",
    "PublicAnswer",
    "SharedFact",
    "answered",
    "askers",
    "count_answered",
    "differences",
    "due",
    "first_with_name",
    "ledger_lines",
    "of_challenge",
    "of_supplier",
    "open_count",
    "open_questions",
    "public_differences",
    "question_by_id",
    "recipients",
    "shared",
    "supplier_named",
    "told_fact",
    "told_facts",
    "unreleased",
    "unworded",
    "waiting_of",
]
