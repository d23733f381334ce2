"""The table of files that belong to a session: slides, papers."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.advisory.models.sessions import AdvisorySession
from engage.challenges.models import Attachment
from engage.kernel.db import Base


class SessionMaterial(Base):
    """A file of a session. Until its release only the department has it; from then on everyone, nobody earlier."""

    __tablename__ = "session_material"
    __table_args__ = (sa.UniqueConstraint("session_id", "attachment_id"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("advisory_session.id"))
    attachment_id: Mapped[int] = mapped_column(sa.ForeignKey("attachment.id"), index=True)
    name: Mapped[str]
    """What it is called here; the challenge may have the same bytes under another name."""
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    added_at: Mapped[datetime]
    released_at: Mapped[datetime | None]

    session: Mapped[AdvisorySession] = relationship()
    attachment: Mapped[Attachment] = relationship()
