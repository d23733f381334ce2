"""Small things done to text in more than one room."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from engage.kernel.errors import Invalid

_SPACES = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Return ``text`` on one line, every run of white space one space."""
    return _SPACES.sub(" ", text).strip()


def required_text(text: str, *, field: str, missing: str, longest: int, called: str = "The reason") -> str:
    """Return ``text``, which a person has to give, without spaces around it.

    Raises ``Invalid`` for ``field``: with the sentence ``missing`` when it is empty, and with one that says how long
    ``called`` may be when it has more than ``longest`` characters.
    """
    words = text.strip()
    if not words:
        raise Invalid({field: missing})
    if len(words) > longest:
        raise Invalid({field: f"{called} must be {longest:,} characters or fewer"})
    return words


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


def size_words(size: int) -> str:
    """Return a number of bytes as people say it: "340 KB", "2.1 MB"."""
    if size < 1000:
        return f"{size} bytes" if size != 1 else "1 byte"
    if size < 1_000_000:
        return f"{round(size / 1000)} KB"
    return f"{size / 1_000_000:.1f} MB"


def sha256(text: str) -> str:
    """Return the SHA-256 of ``text`` (UTF-8) in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
