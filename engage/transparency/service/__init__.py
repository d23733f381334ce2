"""Use cases of notices: the record, the release made from it, what it lacks; notices of others, and links to them."""

from __future__ import annotations

from engage.transparency.service.details import (
    add_party,
    details_of,
    fingerprint,
    remove_party,
    save_buyer,
    save_details,
)
from engage.transparency.service.facts import Facts, parse_release
from engage.transparency.service.gathering import record_of
from engage.transparency.service.importing import import_notices
from engage.transparency.service.lacking import Missing, Place, Source, lawful, missing
from engage.transparency.service.layout import sections, text
from engage.transparency.service.linking import add_link, decide, look
from engage.transparency.service.ocds import package, release
from engage.transparency.service.record import NoticeRecord
from engage.transparency.service.validation import Verdict, verdict

__all__ = [
    "Facts",
    "Missing",
    "NoticeRecord",
    "Place",
    "Source",
    "Verdict",
    "add_link",
    "add_party",
    "decide",
    "details_of",
    "fingerprint",
    "import_notices",
    "lawful",
    "look",
    "missing",
    "package",
    "parse_release",
    "record_of",
    "release",
    "remove_party",
    "save_buyer",
    "save_details",
    "sections",
    "text",
    "verdict",
]
