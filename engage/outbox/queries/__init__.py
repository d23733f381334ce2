"""Reading letters, suppressed addresses, and what needs looking after."""

from __future__ import annotations

from engage.outbox.queries.alarms import Alarm, alarms, oldest_due
from engage.outbox.queries.letters import (
    Batch,
    by_ids,
    came_back,
    came_back_about,
    counts,
    get,
    held_batch,
    held_batches,
    held_of,
    listing,
    on_the_way,
    recipients,
    without_secrets,
)
from engage.outbox.queries.suppressions import (
    count_suppressed,
    suppressed_among,
    suppression,
    suppression_of,
    suppressions,
)

__all__ = [
    "Alarm",
    "Batch",
    "alarms",
    "by_ids",
    "came_back",
    "came_back_about",
    "count_suppressed",
    "counts",
    "get",
    "held_batch",
    "held_batches",
    "held_of",
    "listing",
    "oldest_due",
    "on_the_way",
    "recipients",
    "suppressed_among",
    "suppression",
    "suppression_of",
    "suppressions",
    "without_secrets",
]
