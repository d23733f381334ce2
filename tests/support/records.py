"""What a use case left behind: letters, audit lines, ledger lines."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.ledger.models import Disclosure
from engage.outbox.models import Letter


def letters(session: Session, template: str = "") -> list[Letter]:
    """The letters written so far, oldest first; only those of ``template`` when given."""
    query = sa.select(Letter).order_by(Letter.id)
    if template:
        query = query.where(Letter.template == template)
    return list(session.scalars(query))


def tags(session: Session, room: str = "") -> list[str]:
    """The tags of the audit lines, oldest first; only those of ``room`` when given."""
    query = sa.select(AuditEvent.tag).where(AuditEvent.tag.startswith(room)).order_by(AuditEvent.id)
    return list(session.scalars(query))


def told(session: Session) -> list[tuple[str, str]]:
    """What the ledger says was told to whom, oldest first: fact and audience."""
    query = sa.select(Disclosure.fact, Disclosure.audience).order_by(Disclosure.id)
    return [(fact, audience) for fact, audience in session.execute(query)]
