"""When the next mail of a subscription may leave, as runs will see it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING

from engage.digests.enums import Cadence, SubscriptionState
from engage.digests.models import Pause, Subscription
from engage.digests.service.effective import holds_on
from engage.digests.service.planning import Schedule, behind
from engage.digests.service.schedule import last_slot, next_slot
from engage.kernel.clock import UK
from engage.kernel.uktime import to_uk

if TYPE_CHECKING:
    from engage.digests.queries import Arranged


def next_mail(subscription: Subscription, arranged: Arranged, *, now: datetime) -> datetime | None:
    """Return when the next mail of a subscription may leave, not before ``now`` and outside a pause, in UTC.

    ``now`` itself for one that is due already: its day or hour has just changed, or a pause was ended early. ``None``
    for one that is not active, and for one that tells at once while there is no pause: that is whenever there is
    news. Pure.
    """
    if subscription.state is not SubscriptionState.ACTIVE:
        return None
    pause = arranged.pauses.get(subscription.email.lower())
    paused = pause is not None and holds_on(pause, to_uk(now).date())
    begin = _after(pause.until_on) if pause is not None and paused else now
    if subscription.cadence is Cadence.IMMEDIATE:
        return begin if paused else None
    cadence, weekday, hour = subscription.cadence, subscription.weekday, subscription.hour
    following = partial(next_slot, cadence=cadence, weekday=weekday, hour=hour)
    if is_due(subscription, pause, slot=last_slot(begin, cadence=cadence, weekday=weekday, hour=hour)):
        return begin
    slot = following(begin)
    if pause is not None and holds_on(pause, to_uk(slot).date()):
        return following(_after(pause.until_on) - timedelta(microseconds=1))
    return slot


def is_due(subscription: Subscription, pause: Pause | None, *, slot: datetime) -> bool:
    """Tell whether an active subscription has to be told what was due at ``slot``, on a day without a pause.

    ``planning.due`` for one that is at hand. Pure.
    """
    if pause is not None and holds_on(pause, to_uk(slot).date()):
        return False
    told = subscription.covered_until
    return told is not None and told < behind(Schedule.of(subscription), slot)


def _after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UK).astimezone(UTC)
