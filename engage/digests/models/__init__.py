"""Tables of subscriptions and digests."""

from __future__ import annotations

from engage.digests.models.issues import DigestEdition, DigestIssue, DigestRun
from engage.digests.models.subscriptions import Mute, Pause, Subscription

__all__ = ["DigestEdition", "DigestIssue", "DigestRun", "Mute", "Pause", "Subscription"]
