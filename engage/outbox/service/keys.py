"""Marks that only engage can make: in Message-IDs, and in the addresses to which mail comes back."""

from __future__ import annotations

import hashlib
import hmac

from engage.kernel.settings import settings


def keyed(purpose: str, text: str) -> str:
    """Return the HMAC-SHA256 of ``text`` under ``SECRET_KEY``, in hexadecimal; each ``purpose`` has its own."""
    return hmac.new(settings().secret_key.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()
