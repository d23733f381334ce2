"""What a subscription has brought: its digests, and the whole of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.digests.models import DigestEdition, DigestIssue
from engage.kernel.errors import NotFound
from engage.kernel.paging import Page, paginate
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter


@dataclass(frozen=True)
class Past:
    """A digest that was sent: the subject of its letter, when it left, and how many things it told."""

    edition_id: int
    subject: str
    sent_at: datetime
    number: int


def past(session: Session, *, subscription_id: int, page: int) -> Page[Past]:
    """Return one page of the digests that a subscription has brought, newest first; three statements."""
    query = (
        sa.select(DigestIssue)
        .join(Letter, Letter.id == DigestIssue.letter_id)
        .where(
            DigestIssue.subscription_id == subscription_id,
            DigestIssue.edition_id.is_not(None),
            Letter.state == LetterState.SENT,
        )
        .options(joinedload(DigestIssue.edition))
        .order_by(DigestIssue.window_end.desc())
    )
    found = paginate(session, query, page=page)
    letters = sa.select(Letter.id, Letter.subject, Letter.sent_at).where(
        Letter.id.in_([issue.letter_id for issue in found.items])
    )
    sent = {row.id: row for row in session.execute(letters)}
    shown = [
        Past(issue.edition_id, each.subject, each.sent_at, len(issue.edition.items))
        for issue in found.items
        if (each := sent[issue.letter_id])
    ]
    return Page(shown, found.page, found.total, found.per_page)


def told_in(session: Session, *, subscription_id: int, edition_id: int) -> Sequence[dict[str, Any]]:
    """Return what an edition told that a subscription has brought. Raises ``NotFound`` for any other."""
    query = (
        sa.select(DigestEdition.items)
        .join(DigestIssue, DigestIssue.edition_id == DigestEdition.id)
        .where(DigestIssue.subscription_id == subscription_id, DigestEdition.id == edition_id)
    )
    found: Sequence[dict[str, Any]] | None = session.scalar(query)
    if found is None:
        raise NotFound
    return found
