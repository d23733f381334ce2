"""The address to which a letter comes back: it names the letter, and nobody else can make one (VERP)."""

from __future__ import annotations

import hmac
import re
from email.utils import parseaddr

from engage.kernel.settings import settings
from engage.outbox.service.keys import keyed

_MARK = re.compile(r"\+(\d{1,18})-([0-9a-f]{16})@")


def mark(letter_id: int) -> str:
    """Return the mark of a letter: its number and a seal."""
    return f"{letter_id}-{keyed('engage.return', str(letter_id))[:16]}"


def return_address(letter_id: int) -> str:
    """Return the envelope sender of a letter: ``ENGAGE_MAIL_RETURNS`` with its mark, else ``ENGAGE_MAIL_FROM``."""
    local, _, domain = settings().mail_returns.rpartition("@")
    if not local:
        return parseaddr(settings().mail_from)[1]
    return f"{local}+{mark(letter_id)}@{domain}"


def letter_of(text: str) -> int | None:
    """Return the letter whose mark stands in ``text`` (an address, or a header with several); ``None`` without one.

    A mark with a wrong seal counts as none.
    """
    for number, seal in _MARK.findall(text):
        if hmac.compare_digest(mark(int(number)), f"{number}-{seal}"):
            return int(number)
    return None
