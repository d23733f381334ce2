"""Reading subscriptions, the challenges they are about, and the digests that told of them."""

from __future__ import annotations

from engage.digests.queries.arranged import Arranged, arranged, muted
from engage.digests.queries.background import (
    Key,
    Known,
    known,
    last_news,
    material_changes,
    public_versions,
    stamps,
)
from engage.digests.queries.feeds import listed_ids, newest, text_changes, text_times
from engage.digests.queries.happenings import Happening, found_by, happenings
from engage.digests.queries.issues import issues_of, letter_ids, told_of, waiting_for, waiting_letters
from engage.digests.queries.past import Past, past, told_in
from engage.digests.queries.sessions import Published, published_again, published_of_sessions
from engage.digests.queries.subscriptions import (
    CONFIRMED_WITHIN,
    Wanted,
    about,
    abouts,
    active,
    address_of,
    is_stale,
    letters_to_confirm,
    of_address,
    subscription,
)

__all__ = [
    "CONFIRMED_WITHIN",
    "Arranged",
    "Happening",
    "Key",
    "Known",
    "Past",
    "Published",
    "Wanted",
    "about",
    "abouts",
    "active",
    "address_of",
    "arranged",
    "found_by",
    "happenings",
    "is_stale",
    "issues_of",
    "known",
    "last_news",
    "letter_ids",
    "letters_to_confirm",
    "listed_ids",
    "material_changes",
    "muted",
    "newest",
    "of_address",
    "past",
    "public_versions",
    "published_again",
    "published_of_sessions",
    "stamps",
    "subscription",
    "text_changes",
    "text_times",
    "told_in",
    "told_of",
    "waiting_for",
    "waiting_letters",
]
