"""What goes into whose digest: pure, so that a run, a preview and a test choose alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engage.digests.enums import OF_SESSIONS, Kind, Topic
from engage.digests.models import Subscription
from engage.digests.queries import Arranged, Key, Known
from engage.digests.service.effective import settings_of
from engage.digests.service.news import Entry, News
from engage.digests.service.wanting import filter_of

PARTICULAR_FIRST = {
    topic: place
    for place, topic in enumerate(
        (
            Topic.SEARCH,
            Topic.CPV,
            Topic.CAPABILITY,
            Topic.REGION,
            Topic.DEPARTMENT,
            Topic.EVERYTHING,
            Topic.NEEDS,
        )
    )
}
"""Where two subscriptions of one address want the same, the one that says more of why tells it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The digest of one subscription: its window (``start``, ``end``] and what it tells, in order."""

    subscription: Subscription
    start: datetime
    end: datetime
    entries: tuple[Entry, ...]
    why: Mapping[int, str] = field(default_factory=dict)
    """By the number of an entry: how it fits the reader's work."""


def choose(
    subscriptions: Iterable[Subscription], *, news: News, arranged: Arranged, known: Known, end: datetime
) -> list[Chosen]:
    """Return the digest of each subscription whose window ends at ``end``; those on holiday are left out.

    An entry goes to an address once, whatever it subscribed to. Left out are: what lies outside the window, what
    the address muted, what it was told of before by a digest or a letter, and openings of challenges in which the
    person takes part. Added is what became of challenges that the address was told of.
    """
    by_address = defaultdict[str, list[Subscription]](list)
    for one in subscriptions:
        by_address[one.email.lower()].append(one)
    found: list[Chosen] = []
    for address, theirs in by_address.items():
        reader = _Reader(address, news, arranged, known, end)
        for one in sorted(theirs, key=_particular_first):
            assert one.covered_until is not None, "who is active has been told up to a moment"
            entries = reader.read(one)
            if entries is not None:
                found.append(Chosen(one, one.covered_until, end, entries))
    return found


class _Reader:
    """An address, and what it knows so far."""

    def __init__(self, address: str, news: News, arranged: Arranged, known: Known, end: datetime) -> None:
        self._news, self._arranged, self._end = news, arranged, end
        self._told: set[Key] = set(known.told.get(address, ()))
        self._read = known.read.get(address, {})
        self._heard_of = known.heard_of.get(address, frozenset[int]())
        self._written = known.written.get(address, frozenset[str]())
        self._part = known.taking_part.get(address, frozenset[int]())

    def read(self, subscription: Subscription) -> tuple[Entry, ...] | None:
        """Return what a subscription tells the reader, or ``None`` when it tells nothing today."""
        settings = settings_of(subscription, self._arranged, day=self._news.today)
        if not settings.tells:
            return None
        assert subscription.covered_until is not None
        start = subscription.covered_until
        found = self._news.within(filter_of(subscription), start, self._end)
        if self._heard_of and self._news.unasked:
            found = (*(one for one in self._became(found) if start < one.at <= self._end), *found)
        if settings.muted or self._told or self._written or self._part:
            found = tuple(
                one for one in found if one.challenge_id not in settings.muted and not self._knows(one)
            )
        self._told.update(entry.key for entry in found)
        return found

    def _knows(self, entry: Entry) -> bool:
        if entry.key in self._told or (entry.fact and entry.fact in self._written):
            return True
        return entry.kind is Kind.OPEN and entry.challenge_id in self._part

    def _became(self, wanted: Sequence[Entry]) -> Iterator[Entry]:
        """Yield what became of challenges that the reader has read of, unless they asked for it; of sessions what was
        published since they heard of the challenge at all.
        """
        for entry in self._news.unasked:
            version = self._read.get(entry.challenge_id)
            if entry.kind in OF_SESSIONS:
                newer = entry.challenge_id in self._heard_of
            else:
                newer = version is not None and (entry.kind is not Kind.CHANGED or version < entry.version)
            if newer and entry not in wanted:
                yield entry


def _particular_first(subscription: Subscription) -> tuple[int, int]:
    return PARTICULAR_FIRST[subscription.topic], subscription.id
