"""Subscribing, changing, ending; planning digests and writing them."""

from __future__ import annotations

from engage.digests.service.arranging import end_all, end_one, mute, pause, resume, unmute
from engage.digests.service.effective import Settings, paused_on, settings_of
from engage.digests.service.engagement_pauses import tell_paused, tell_resumed
from engage.digests.service.feeds import Entry, Feed, atom, challenge_entries, change_entries, json_feed
from engage.digests.service.forgetting import forget
from engage.digests.service.items import items, preview, told
from engage.digests.service.letters import send_way
from engage.digests.service.needs import ask_for_needs
from engage.digests.service.news import StaleNewsError, read_again
from engage.digests.service.planning import count_due, open_runs, take_turn
from engage.digests.service.recalling import invite_after_all, recall
from engage.digests.service.rewriting import REWRITE, leave_out, renew, rewrite
from engage.digests.service.running import Batch, do_batch, next_batch, pass_over
from engage.digests.service.schedule import in_words, last_slot, next_slot
from engage.digests.service.sessions import tell_session_published
from engage.digests.service.single import Digest, drafts, write_digest
from engage.digests.service.subscriptions import (
    MOST_PER_ADDRESS,
    change,
    confirm,
    end,
    subscribe,
)
from engage.digests.service.telling import TELL, tell_everyone_concerned, tell_subscribers
from engage.digests.service.tokens import (
    manage_address,
    managed_id,
    managing_token,
    mute_address,
    page_address,
    subscription_id,
    token_for,
)
from engage.digests.service.upcoming import next_mail
from engage.digests.service.wanting import Filter, Item, filter_of, wanted_by
from engage.digests.service.watching import overdue
from engage.digests.service.wishes import Wish, checked_filter
from engage.digests.service.wording import headline_of
from engage.digests.service.writing import Desk

__all__ = [
    "MOST_PER_ADDRESS",
    "REWRITE",
    "TELL",
    "Batch",
    "Desk",
    "Digest",
    "Entry",
    "Feed",
    "Filter",
    "Item",
    "Settings",
    "StaleNewsError",
    "Wish",
    "ask_for_needs",
    "atom",
    "challenge_entries",
    "change",
    "change_entries",
    "checked_filter",
    "confirm",
    "count_due",
    "do_batch",
    "drafts",
    "end",
    "end_all",
    "end_one",
    "filter_of",
    "forget",
    "headline_of",
    "in_words",
    "invite_after_all",
    "items",
    "json_feed",
    "last_slot",
    "leave_out",
    "manage_address",
    "managed_id",
    "managing_token",
    "mute",
    "mute_address",
    "next_batch",
    "next_mail",
    "next_slot",
    "open_runs",
    "overdue",
    "page_address",
    "pass_over",
    "pause",
    "paused_on",
    "preview",
    "read_again",
    "recall",
    "renew",
    "resume",
    "rewrite",
    "send_way",
    "settings_of",
    "subscribe",
    "subscription_id",
    "take_turn",
    "tell_everyone_concerned",
    "tell_paused",
    "tell_resumed",
    "tell_session_published",
    "tell_subscribers",
    "token_for",
    "told",
    "unmute",
    "wanted_by",
    "write_digest",
]
