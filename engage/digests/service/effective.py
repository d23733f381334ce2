"""What holds for a subscription when its own settings and those of its address are taken together.

Runs, previews and pages all ask here, so that none of them sees a pause or a muted challenge that another does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engage.digests.enums import Cadence, SubscriptionState
from engage.digests.models import Pause, Subscription

if TYPE_CHECKING:
    from engage.digests.queries import Arranged
    from engage.digests.service.wanting import Item


@dataclass(frozen=True, slots=True)
class Settings:
    """When a subscription tells, and what it leaves out, on one day."""

    cadence: Cadence
    weekday: int
    hour: int
    active: bool
    paused_until: date | None
    """The last day of the pause that holds on that day; none when there is none."""
    muted: frozenset[int]
    """Ids of challenges."""

    @property
    def tells(self) -> bool:
        """Whether a mail may leave on that day."""
        return self.active and self.paused_until is None

    def leaves_out(self, item: Item) -> bool:
        """Tell whether the address muted the item's challenge."""
        return item.challenge_id in self.muted


def settings_of(subscription: Subscription, arranged: Arranged, *, day: date) -> Settings:
    """Return what holds for a subscription on ``day`` (UK), given what its address has arranged. Pure."""
    address = subscription.email.lower()
    pause = arranged.pauses.get(address)
    return Settings(
        cadence=subscription.cadence,
        weekday=subscription.weekday,
        hour=subscription.hour,
        active=subscription.state is SubscriptionState.ACTIVE,
        paused_until=pause.until_on if pause and holds_on(pause, day) else None,
        muted=arranged.muted.get(address, frozenset()),
    )


def holds_on(pause: Pause, day: date) -> bool:
    """Tell whether a pause holds on ``day``: its first and last day count."""
    return pause.from_on <= day <= pause.until_on


def paused_on(day: date) -> sa.ColumnElement[bool]:
    """Return the condition that the address of a ``Subscription`` pauses on ``day``: ``holds_on`` for statements."""
    return sa.exists().where(
        Pause.email == sa.func.lower(Subscription.email), Pause.from_on <= day, Pause.until_on >= day
    )
