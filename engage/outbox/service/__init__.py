"""Writing letters, sending them, and what staff do with them."""

from __future__ import annotations

from engage.outbox.service.posting import post

__all__ = ["post"]
