"""The audit table. Names stand beside the chained payload as a salted digest, so that they can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engage.kernel.chain import Chained, commitment
from engage.kernel.db import Base


class AuditEvent(Chained, Base):
    """Who did what to what, when. No foreign keys: the line outlives what it speaks of."""

    __tablename__ = "audit_event"
    PAYLOAD = ("tag", "actor_id", "actor_digest", "organisation_id", "subject", "details")
    __table_args__ = (sa.Index("ix_audit_event_subject", "subject", "id"),)

    tag: Mapped[str]
    """``room:subject:action``, for instance ``challenges:challenge:published``."""
    actor_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    actor_name: Mapped[str | None]
    actor_salt: Mapped[str | None]
    actor_digest: Mapped[str | None]
    organisation_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    subject: Mapped[str]
    """``kind:reference``, for instance ``challenge:ENG-2026-0001``."""
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What changed; no personal data."""

    def own_faults(self) -> Iterator[str]:
        """Yield a fault when the name beside the payload is not the one whose digest was recorded.

        A name that was removed, on somebody's request to be forgotten, is none.
        """
        if (
            self.actor_name is not None
            and commitment(self.actor_salt or "", self.actor_name) != self.actor_digest
        ):
            yield "names somebody else than it did when it was written."
