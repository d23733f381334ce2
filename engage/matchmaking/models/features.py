"""What is computed from texts once and kept."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from engage.kernel.db import Base


class TextVector(Base):
    """The embedding of one text by one model, kept by content: the same text is never embedded twice."""

    __tablename__ = "text_vector"

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    model_digest: Mapped[str] = mapped_column(primary_key=True)
    vector: Mapped[bytes]
    """As ``engage.matching.Features`` dumps it: one signed byte a number."""
