"""The words that suppliers use, so that a misspelt one can be put right."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from engage.kernel.db import Base


class SearchWord(Base):
    """A word of names, statements and capabilities, and how many suppliers use it."""

    __tablename__ = "search_word"
    __table_args__ = (
        sa.Index(
            "ix_search_word_alike",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    word: Mapped[str] = mapped_column(primary_key=True)
    uses: Mapped[int]
