"""Small things done to text in more than one room."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_SPACES = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Return ``text`` on one line, every run of white space one space."""
    return _SPACES.sub(" ", text).strip()


def excerpt(text: str, *, length: int = 200) -> str:
    """Return the beginning of ``text`` on one line, cut at a word, with an ellipsis when cut."""
    line = one_line(text)
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def slug(text: str) -> str:
    """Return ``text`` as lower-case ASCII words joined by hyphens."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def sha256(text: str) -> str:
    """Return the SHA-256 of ``text`` (UTF-8) in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
