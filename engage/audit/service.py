"""Writing the audit trail."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.chain import append, salted


def record(session: Session, *, actor: Anyone | None, tag: str, subject: str, **details: Any) -> None:
    """Write one audit line in the session's transaction; it is sealed into the chain at commit.

    ``tag`` is ``room:subject:action``, ``subject`` is ``kind:reference``, ``details`` are JSON values without
    personal data. ``actor`` is ``None`` for a visitor.
    """
    name = actor.person_name if isinstance(actor, Actor) else actor.name if actor else "a visitor"
    salt, digest = salted(name)
    append(
        session,
        AuditEvent(
            at=clock.now(),
            tag=tag,
            actor_id=actor.person_id if isinstance(actor, Actor) else None,
            actor_name=name,
            actor_salt=salt,
            actor_digest=digest,
            organisation_id=actor.organisation_id if isinstance(actor, Actor) else None,
            subject=subject,
            details=details,
        ),
    )
