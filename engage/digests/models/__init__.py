"""Tables of subscriptions and digests."""

from __future__ import annotations

from engage.digests.models.issues import DigestIssue
from engage.digests.models.subscriptions import Subscription

__all__ = ["DigestIssue", "Subscription"]
