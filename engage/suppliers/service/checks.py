"""Checks that profile, statements and import share. Each writes what is wrong into ``wrong`` by field."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from urllib.parse import urlsplit

from engage.kernel.codes import cpv_code

LONGEST_LINK = 500


def cpv_codes(texts: Iterable[str], wrong: MutableMapping[str, str], *, most: int) -> list[str]:
    """Return codes as they are kept (eight digits), each once, in the order given."""
    found: dict[str, None] = {}
    for text in texts:
        try:
            found[cpv_code(text)] = None
        except ValueError as problem:
            wrong["cpv"] = str(problem)
    if len(found) > most:
        wrong["cpv"] = f"Give {most} CPV codes or fewer"
    return list(found)


def link(text: str, wrong: MutableMapping[str, str], *, field: str, name: str) -> str:
    """Return a web address that is safe to link to, or an empty text; nothing but http and https passes."""
    clean = text.strip()
    if not clean:
        return ""
    try:
        parts = urlsplit(clean)
        sound = parts.scheme in {"http", "https"} and "." in (parts.hostname or "") and not parts.username
    except ValueError:
        sound = False
    if not sound or len(clean) > LONGEST_LINK or any(sign.isspace() for sign in clean):
        wrong[field] = f"{name} must be a full web address, like https://www.example.com/work"
    return clean
