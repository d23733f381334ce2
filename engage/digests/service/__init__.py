"""Subscribing, changing, ending; planning digests and writing them."""

from __future__ import annotations

from engage.digests.service.composing import Draft, draft, leave_out, renew, write_digest
from engage.digests.service.pausing import tell_paused, tell_resumed
from engage.digests.service.planning import due_subscriptions
from engage.digests.service.schedule import in_words, last_slot, next_slot
from engage.digests.service.subscriptions import Wish, change, confirm, end, subscribe
from engage.digests.service.telling import TELL, tell_everyone_concerned, tell_subscribers
from engage.digests.service.tokens import page_address, subscription_id, token_for

__all__ = [
    "TELL",
    "Draft",
    "Wish",
    "change",
    "confirm",
    "draft",
    "due_subscriptions",
    "end",
    "in_words",
    "last_slot",
    "leave_out",
    "next_slot",
    "page_address",
    "renew",
    "subscribe",
    "subscription_id",
    "tell_everyone_concerned",
    "tell_paused",
    "tell_resumed",
    "tell_subscribers",
    "token_for",
    "write_digest",
]
