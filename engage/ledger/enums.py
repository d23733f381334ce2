"""What a ledger line can say."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """How something was disclosed."""

    PAGE = "page"
    MAIL = "mail"
    SESSION = "session"
    QUESTION = "question"


EVERYONE = "everyone"
