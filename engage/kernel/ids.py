"""Public identifiers: short, unambiguous, not guessable from one another."""

from __future__ import annotations

import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0/o, 1/l/i: people read these aloud


def short_id(length: int = 10) -> str:
    """Return a random identifier of ``length`` characters (about 5 bits each)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def secret_token() -> str:
    """Return a 256-bit random token, safe in a URL."""
    return secrets.token_urlsafe(32)
