"""Writing letters, sending them, and what staff do with them."""

from __future__ import annotations

from engage.outbox.service.delivery import is_suppressed, suppress
from engage.outbox.service.posting import checked_address, post
from engage.outbox.service.staff import cancel, cancel_waiting, release, release_batch, retry

__all__ = [
    "cancel",
    "cancel_waiting",
    "checked_address",
    "is_suppressed",
    "post",
    "release",
    "release_batch",
    "retry",
    "suppress",
]
