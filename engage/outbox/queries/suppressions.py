"""Reading which addresses get no mail, and why."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel.errors import NotFound
from engage.kernel.paging import Page, paginate
from engage.outbox.models import Suppression


def suppression_of(session: Session, email: str) -> Suppression | None:
    """Return why ``email`` gets no mail now, ``None`` when it does."""
    query = sa.select(Suppression).where(Suppression.email == email.lower(), Suppression.lifted_at.is_(None))
    found: Suppression | None = session.scalar(query)
    return found


def suppression(session: Session, suppression_id: int) -> Suppression:
    """Return one suppression, lifted or not. Raises ``NotFound``."""
    found = session.get(Suppression, suppression_id)
    if found is None:
        raise NotFound
    return found


def suppressions(
    session: Session, *, words: str, lifted: bool, page: int, number: int | None = None
) -> Page[Suppression]:
    """Return one page of suppressed addresses, or of those that were, newest first; with ``number`` only that one."""
    query = sa.select(Suppression).order_by(Suppression.id.desc())
    query = query.where(Suppression.lifted_at.is_not(None) if lifted else Suppression.lifted_at.is_(None))
    if number is not None:
        query = query.where(Suppression.id == number)
    if words:
        columns = (Suppression.email, Suppression.reason)
        query = query.where(sa.or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return paginate(session, query, page=page, per_page=50)


def count_suppressed(session: Session) -> int:
    """Return how many addresses get no mail now."""
    query = sa.select(sa.func.count()).select_from(Suppression).where(Suppression.lifted_at.is_(None))
    return session.scalar(query) or 0


def suppressed_among(session: Session, emails: Iterable[str]) -> set[str]:
    """Return those of ``emails``, in lower case, that get no mail now."""
    asked = [email.lower() for email in emails]
    query = sa.select(Suppression.email).where(Suppression.email.in_(asked), Suppression.lifted_at.is_(None))
    return set(session.scalars(query))
