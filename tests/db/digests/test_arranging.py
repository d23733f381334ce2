"""Pauses as statements see them, and subscriptions that nobody ever confirmed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.digests import queries, service
from engage.digests.enums import SubscriptionState
from engage.digests.models import Pause, Subscription
from engage.digests.service.effective import holds_on
from engage.kernel import clock
from tests.factories import digests

FIRST, LAST = date(2026, 8, 1), date(2026, 8, 3)


@pytest.mark.parametrize("day", [FIRST + timedelta(days=number) for number in range(-1, 5)])
def test_statements_and_pages_agree_on_who_pauses(session: Session, day: date) -> None:
    """Planning asks the database, pages and previews ask Python."""
    paused = digests.subscription(session, email="Sam@Example.test")
    other = digests.subscription(session, email="else@example.test")
    pause = Pause(email="sam@example.test", from_on=FIRST, until_on=LAST, created_at=clock.now())
    session.add(pause)
    session.flush()
    asked = set(session.scalars(sa.select(Subscription.id).where(service.paused_on(day))))
    arranged = queries.arranged(session, [paused.email, other.email])
    told = {one.id: service.settings_of(one, arranged, day=day).tells for one in (paused, other)}
    assert asked == ({paused.id} if holds_on(pause, day) else set())
    assert told == {paused.id: not holds_on(pause, day), other.id: True}


def test_what_was_never_confirmed_is_forgotten_after_a_month(session: Session) -> None:
    now = clock.now()
    kept = [
        digests.subscription(session, created_at=now - timedelta(days=400)),
        digests.subscription(session, state=SubscriptionState.ENDED, created_at=now - timedelta(days=400)),
        digests.subscription(
            session, state=SubscriptionState.PENDING, confirmed_at=None, created_at=now - timedelta(days=29)
        ),
    ]
    digests.subscription(
        session, state=SubscriptionState.PENDING, confirmed_at=None, created_at=now - timedelta(days=31)
    )
    assert service.forget_unconfirmed(session) == 1
    assert service.forget_unconfirmed(session) == 0
    assert set(session.scalars(sa.select(Subscription.id))) == {one.id for one in kept}
