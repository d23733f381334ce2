"""Reading subscriptions, the challenges they are about, and the digests that told of them."""

from __future__ import annotations

from engage.digests.queries.issues import letter_ids, told_of, waiting_issues
from engage.digests.queries.items import preview, still_open, told
from engage.digests.queries.subscriptions import about, abouts, active, of_address, subscription

__all__ = [
    "about",
    "abouts",
    "active",
    "letter_ids",
    "of_address",
    "preview",
    "still_open",
    "subscription",
    "told",
    "told_of",
    "waiting_issues",
]
