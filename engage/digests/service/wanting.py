"""What subscriptions let through: pure, so that runs, previews and tests all ask the same function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from engage.challenges.enums import Listed, Route
from engage.digests.enums import Topic
from engage.kernel import codes

if TYPE_CHECKING:
    from engage.digests.models import Subscription

DISTINCT = 65_536
"""Filters whose predicate is kept: subscribers are many, different wishes few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A public challenge that came to a stage at ``at``: what filters need to know of it, and what a mail says."""

    challenge_id: int
    ref: str
    title: str
    department: str
    excerpt: str
    closes_on: date | None
    organisation_id: int
    stage: Listed
    """``OPEN``: published; ``FINDINGS_DUE``: nobody can take part any more; ``CLOSED``: closed or withdrawn."""
    at: datetime
    published_at: datetime
    is_open: bool
    """Whether suppliers can take part today."""
    again: bool = False
    """Of an opening: whether it stood in the list before, so that even who has one subscription may know of it."""
    route: Route | None = None
    cpv: tuple[str, ...] = ()
    regions: frozenset[str] = field(default_factory=frozenset)
    """ITL 1 codes; all of them when the challenge names no region."""
    capabilities: frozenset[str] = field(default_factory=frozenset)
    """Slugs of what it asks for, of the areas above, and of what was merged into these."""
    found_by: frozenset[str] = field(default_factory=frozenset)
    """The searches, of those that were asked for when it was read, that find it as the public list would."""

    @property
    def is_news(self) -> bool:
        """Whether it is worth a mail today: an opening that can still be answered, or an end."""
        return self.is_open or self.stage is not Listed.OPEN


@dataclass(frozen=True, slots=True)
class Filter:
    """What a subscription is about. Two subscriptions with the same filter want the same items."""

    topic: Topic
    value: str = ""
    stage: Listed = Listed.OPEN
    department_id: int | None = None


def filter_of(subscription: Subscription) -> Filter:
    """Return what a subscription is about."""
    return Filter(subscription.topic, subscription.value, subscription.stage, subscription.department_id)


def wanted_by(wanted: Subscription | Filter) -> Callable[[Item], bool]:
    """Return whether an item is for this subscription, as a function of the item alone.

    Pure, and the same function for the same filter. It says nothing of windows, pauses and muted challenges: these
    are ``items`` and ``effective``.
    """
    return _predicate(wanted if isinstance(wanted, Filter) else filter_of(wanted))


@lru_cache(maxsize=DISTINCT)
def _predicate(wanted: Filter) -> Callable[[Item], bool]:
    about = _ABOUT[wanted.topic](wanted.value)

    def fits(item: Item) -> bool:
        if wanted.stage not in (item.stage, Listed.ALL):
            return False
        if wanted.department_id not in (item.organisation_id, None):
            return False
        return about(item)

    return fits


_ABOUT: dict[Topic, Callable[[str], Callable[[Item], bool]]] = {
    Topic.EVERYTHING: lambda _: lambda _item: True,
    Topic.DEPARTMENT: lambda value: lambda item: str(item.organisation_id) == value,
    Topic.CAPABILITY: lambda value: lambda item: value in item.capabilities,
    Topic.CPV: lambda value: lambda item: bool(codes.cpv_overlap(item.cpv, [value])),
    Topic.REGION: lambda value: lambda item: value in item.regions,
    Topic.SEARCH: lambda value: lambda item: value in item.found_by,
    Topic.NEEDS: lambda _: lambda _item: False,
}
