"""What a subscription has brought: its digests, and the whole of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges.models import Challenge
from engage.digests.enums import Kind
from engage.digests.models import DigestEdition, DigestIssue
from engage.kernel.errors import NotFound
from engage.kernel.paging import Page, paginate
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter


@dataclass(frozen=True)
class Past:
    """A digest that was sent: when it left, and what kinds of things it told."""

    edition_id: int
    subject: str
    """Of its letter; empty when the challenge that it names is out of view."""
    sent_at: datetime
    kinds: Sequence[Kind]


def past(session: Session, *, subscription_id: int, page: int) -> Page[Past]:
    """Return one page of the digests that a subscription has brought, newest first; four statements."""
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
    told = {issue.edition_id: issue.edition.items for issue in found.items}
    public = _public(session, {items[0]["challenge"] for items in told.values()})
    shown = []
    for issue in found.items:
        each, items = sent[issue.letter_id], told[issue.edition_id]
        subject = each.subject if items[0]["challenge"] in public else ""
        shown.append(Past(issue.edition_id, subject, each.sent_at, [Kind(one["kind"]) for one in items]))
    return Page(shown, found.page, found.total, found.per_page)


def _public(session: Session, challenge_ids: Collection[int]) -> set[int]:
    """Return those of the challenges that everybody may see now. A subject names the first thing that is told."""
    found = session.scalars(sa.select(Challenge).where(Challenge.id.in_(challenge_ids)))
    return {each.id for each in found if each.is_public}


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
