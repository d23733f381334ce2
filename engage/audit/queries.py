"""Reading the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.kernel.chain import Head, head
from engage.kernel.paging import Page, paginate


def history(session: Session, *, subject: str) -> Sequence[AuditEvent]:
    """Return every audit line of ``subject`` (``kind:reference``), oldest first."""
    query = sa.select(AuditEvent).where(AuditEvent.subject == subject).order_by(AuditEvent.id)
    return session.scalars(query).all()


def latest(session: Session, *, page: int, subject: str = "", tag: str = "") -> Page[AuditEvent]:
    """Return one page of the trail, newest first, narrowed to a subject or to tags that begin with ``tag``."""
    query = sa.select(AuditEvent).order_by(AuditEvent.id.desc())
    if subject:
        query = query.where(AuditEvent.subject == subject)
    if tag:
        query = query.where(AuditEvent.tag.startswith(tag, autoescape=True))
    return paginate(session, query, page=page, per_page=50)


def chain_head(session: Session) -> Head:
    """Return the end of the audit chain, to be kept elsewhere."""
    return head(session, AuditEvent)
