"""Pauses as statements see them, and what is forgotten."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.digests import queries, service
from engage.digests.enums import SubscriptionState, Topic
from engage.digests.models import Mute, Pause, Subscription
from engage.digests.service.effective import holds_on
from engage.kernel import clock
from tests.factories import challenges, digests

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


UNCONFIRMED = {"state": SubscriptionState.PENDING, "confirmed_at": None}
REFUSED = {"state": SubscriptionState.ENDED, "confirmed_at": None}


def ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


def test_what_was_never_confirmed_is_forgotten_after_four_weeks(session: Session) -> None:
    kept = [
        digests.subscription(session, created_at=ago(400)),
        digests.subscription(session, **UNCONFIRMED, created_at=ago(27)),
        digests.subscription(session, **REFUSED, created_at=ago(30), ended_at=ago(27)),
    ]
    digests.subscription(session, **UNCONFIRMED, created_at=ago(29))
    digests.subscription(session, **REFUSED, created_at=ago(30), ended_at=ago(29))
    assert service.forget(session) == 2
    assert service.forget(session) == 0
    assert set(session.scalars(sa.select(Subscription.id))) == {one.id for one in kept}


def test_an_address_that_gets_nothing_any_more_is_forgotten_with_what_it_arranged(session: Session) -> None:
    over = {"state": SubscriptionState.ENDED, "ended_at": ago(29), "topic": Topic.SEARCH, "value": "kelp"}
    gone = digests.subscription(session, email="Sam@example.test", **over)
    lately = digests.subscription(session, email="late@example.test", **{**over, "ended_at": ago(27)})
    still = digests.subscription(session, email="still@example.test", **over)
    digests.subscription(session, email="STILL@example.test")
    muted = challenges.challenge(session, state=ChallengeState.PUBLISHED)
    for email in ("sam@example.test", "late@example.test", "still@example.test"):
        session.add(Mute(email=email, challenge_id=muted.id, created_at=ago(40)))
    pauses = {"sam@example.test": ago(29), "late@example.test": ago(29), "still@example.test": ago(27)}
    for email, moment in pauses.items():
        last = moment.date()
        session.add(Pause(email=email, from_on=last, until_on=last, created_at=ago(40)))
    session.flush()
    assert service.forget(session) == 1
    assert service.forget(session) == 0
    assert (gone.email, gone.value, gone.person_id) == ("", "", None)
    assert (lately.email, still.email) == ("late@example.test", "still@example.test")
    assert set(session.scalars(sa.select(Mute.email))) == {"late@example.test", "still@example.test"}
    assert set(session.scalars(sa.select(Pause.email))) == {"still@example.test"}
