"""A digest in words: what the mail template is given. What many digests share is rendered once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engage.digests.enums import OF_SESSIONS, Kind
from engage.digests.models import Subscription
from engage.digests.service.news import Entry
from engage.digests.service.schedule import in_words
from engage.kernel.settings import settings
from engage.kernel.uktime import uk_date
from engage.outbox.service.bulk import Sheet, prepare

MOST = 20
"""So many entries stand in a mail; the rest is a page away."""
MOST_DIFFERENCES = 3
LONGEST_DIFFERENCE = 1500
_KEPT = 1_000

SECTIONS: Sequence[tuple[str, tuple[Kind, ...]]] = (
    ("New", (Kind.OPEN,)),
    ("Changed since we told you", (Kind.CHANGED,)),
    ("Published from sessions", OF_SESSIONS),
    ("Ended", (Kind.WITHDRAWN, Kind.ENDED_EARLY)),
    ("Heard: findings are to come", (Kind.FINDINGS_DUE,)),
    ("Closed", (Kind.CLOSED,)),
)
"""The parts of a digest, in order."""
_ALONE: Mapping[Kind, str] = {
    Kind.OPEN: "New challenge",
    Kind.CHANGED: "The text of a challenge changed",
    Kind.MINUTES: "Minutes of a session",
    Kind.FILES: "Files of a session",
    Kind.WITHDRAWN: "A challenge was withdrawn",
    Kind.ENDED_EARLY: "An engagement ended early",
    Kind.FINDINGS_DUE: "An engagement ended",
    Kind.CLOSED: "A challenge was closed",
}


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why this mail goes to these readers; the same for everybody with the same wish."""

    what: str
    when: str

    @classmethod
    def of(cls, found: Subscription, what: str) -> Reasons:
        """Return the reasons of a subscription that is about ``what``."""
        return cls(what, in_words(cadence=found.cadence, weekday=found.weekday, hour=found.hour))

    def sentence(self, found: Subscription) -> str:
        """Return the sentence that says why the mail came, with the day on which it was asked for."""
        assert found.confirmed_at is not None
        asked = uk_date(found.confirmed_at)
        return f"You get this email because you asked engage on {asked} to tell you about {self.what} {self.when}."


class Press:
    """Renders digests, each distinct one once, and keeps the last thousand."""

    def __init__(self) -> None:
        self._sheets: OrderedDict[tuple[object, ...], Sheet] = OrderedDict()

    def sheet(
        self, entries: Sequence[Entry], reasons: Reasons, *, edition_id: int, why: Mapping[int, str]
    ) -> Sheet:
        """Return the sheet of an edition for readers with these reasons, and for whose work it fits by ``why``."""
        key = (edition_id, reasons, *sorted(why.items()))
        found = self._sheets.get(key)
        if found is None:
            context = {**contents(entries, why), "edition": edition_id}
            found = self._sheets[key] = prepare("digest", context)
            if len(self._sheets) > _KEPT:
                self._sheets.popitem(last=False)
        else:
            self._sheets.move_to_end(key)
        return found


def contents(entries: Sequence[Entry], why: Mapping[int, str]) -> dict[str, Any]:
    """Return what the template ``digest`` shows of these entries: at most twenty, in sections, and how many more.

    ``why`` says by number of entry how it fits the reader's work.
    """
    shown = entries[:MOST]
    sections = [
        (heading, [_entry(one, why) for one in shown if one.kind in kinds]) for heading, kinds in SECTIONS
    ]
    return {
        "headline": headline(entries),
        "first": shown[0].title,
        "count": len(entries),
        "sections": [(heading, items) for heading, items in sections if items],
        "rest": len(entries) - len(shown),
        "all_url": f"{settings().base_url}/challenges",
    }


def headline(entries: Sequence[Entry]) -> str:
    """Return what a digest is about: "New challenge", "3 new challenges", "2 new challenges, 1 changed or ended"."""
    return headline_of([one.kind for one in entries])


def headline_of(kinds: Sequence[Kind]) -> str:
    """Return ``headline`` of things of these kinds."""
    if len(kinds) == 1:
        return _ALONE[kinds[0]]
    new = sum(kind is Kind.OPEN for kind in kinds)
    published = sum(kind in OF_SESSIONS for kind in kinds)
    others = len(kinds) - new - published
    parts = []
    if new:
        parts.append("1 new challenge" if new == 1 else f"{new} new challenges")
    if others:
        counted = str(others) if new else "1 challenge" if others == 1 else f"{others} challenges"
        parts.append(f"{counted} changed or ended")
    if published:
        only = {kind.value for kind in kinds if kind in OF_SESSIONS}
        what = " and ".join(kind.value for kind in OF_SESSIONS if kind.value in only)
        parts.append(f"{what} of {'a session' if published == 1 else 'sessions'}")
    words = ", ".join(parts)
    return words[0].upper() + words[1:]


def _entry(one: Entry, why: Mapping[int, str]) -> dict[str, Any]:
    page = f"{settings().base_url}/challenges/{one.ref}"
    shown = list(one.differences[:MOST_DIFFERENCES])
    if sum(len(each.before) + len(each.after) for each in shown) > LONGEST_DIFFERENCE:
        shown = []
    return {
        "kind": one.kind.value,
        "ref": one.ref,
        "title": one.title,
        "department": one.department,
        "excerpt": one.excerpt,
        "closes_on": one.closes_on,
        "url": f"{page}#{one.place}" if one.place else page,
        "fits": why.get(one.number, ""),
        "reason": one.reason,
        "detail": one.detail,
        "differences": shown,
        "differing": [each.name for each in one.differences],
        "changes_url": f"{page}/changes",
    }
