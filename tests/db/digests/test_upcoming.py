"""What pages say of the next mail is what runs do: around pauses, and when the day or the hour is changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.digests import queries, service
from engage.digests.enums import Cadence, SubscriptionState
from engage.digests.jobs import plan
from engage.digests.models import DigestRun, Pause, Subscription
from engage.digests.service.planning import Schedule, due
from engage.digests.service.upcoming import is_due
from engage.kernel import clock
from engage.outbox.models import Letter
from tests.factories import challenges, digests
from tests.support.queue import run_waiting

TUESDAY = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
WEEK, DAY, MINUTE = timedelta(days=7), timedelta(days=1), timedelta(minutes=1)
SAM = "sam@example.test"


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(TUESDAY - DAY, tick=False):
        yield


def weekly(session: Session, **values: Any) -> Subscription:
    told = {"covered_until": TUESDAY - WEEK, "confirmed_at": TUESDAY - WEEK}
    return digests.subscription(session, **{"email": SAM, **told, **values})


def published(session: Session, at: datetime) -> None:
    challenges.challenge(session, state=ChallengeState.PUBLISHED, published_at=at, closes_on=date(2026, 6, 1))


def written(session: Session, now: datetime) -> int:
    """Let the worker look at ``now``; return how many digests there are."""
    with time_machine.travel(now, tick=False):
        plan()
        run_waiting(session, "digests.write")
    session.expire_all()
    return session.scalar(sa.select(sa.func.count(Letter.id)).where(Letter.template == "digest")) or 0


def said(session: Session, found: Subscription, now: datetime) -> datetime | None:
    with time_machine.travel(now, tick=False):
        return service.next_mail(found, queries.arranged(session, [found.email]), now=now)


def test_after_a_pause_the_mail_comes_at_the_hour_that_was_chosen(session: Session) -> None:
    """Monday to Thursday off: Tuesday's mail comes on the next Tuesday, not in the night to Friday."""
    published(session, TUESDAY - DAY)
    found = weekly(session)
    service.pause(session, email=SAM, from_on=date(2026, 3, 2), until_on=date(2026, 3, 5))
    session.commit()
    friday = datetime(2026, 3, 6, 0, 1, tzinfo=UTC)
    assert said(session, found, friday) == said(session, found, TUESDAY) == TUESDAY + WEEK
    for moment in (TUESDAY, friday, TUESDAY + WEEK - MINUTE):
        assert written(session, moment) == 0
    assert session.scalars(sa.select(DigestRun)).all() == []
    assert written(session, TUESDAY + WEEK + MINUTE) == 1


def test_who_comes_back_early_hears_at_once_and_reads_so(session: Session) -> None:
    published(session, TUESDAY - DAY)
    found = weekly(session)
    service.pause(session, email=SAM, from_on=date(2026, 3, 2), until_on=date(2026, 3, 30))
    wednesday = TUESDAY + DAY
    with time_machine.travel(wednesday, tick=False):
        service.resume(session, email=SAM)
    session.commit()
    assert said(session, found, wednesday) == wednesday
    assert written(session, wednesday + MINUTE) == 1


def test_a_new_day_that_has_passed_this_week_brings_what_is_due_at_once(session: Session) -> None:
    published(session, TUESDAY - DAY)
    found = weekly(session)
    session.commit()
    assert written(session, TUESDAY) == 1
    published(session, TUESDAY + timedelta(hours=6))
    thursday = TUESDAY + 2 * DAY
    with time_machine.travel(thursday, tick=False):
        service.change(session, subscription_id=found.id, cadence=Cadence.WEEKLY, weekday=2, hour=8)
    session.commit()
    assert said(session, found, thursday) == thursday
    assert written(session, thursday + MINUTE) == 2
    assert said(session, found, thursday + 2 * MINUTE) == datetime(2026, 3, 11, 8, tzinfo=UTC)


@pytest.mark.parametrize("cadence", [Cadence.DAILY, Cadence.WEEKLY])
@pytest.mark.parametrize("told", [timedelta(minutes=-3), timedelta(minutes=-1)])
@pytest.mark.parametrize("off", [None, (-1, -1), (0, 0), (-3, 2), (1, 1)])
def test_statements_and_pages_agree_on_who_is_due(
    session: Session, cadence: Cadence, told: timedelta, off: tuple[int, int] | None
) -> None:
    found = weekly(session, cadence=cadence, covered_until=TUESDAY + told)
    pause = None
    if off is not None:
        first, last = (date(2026, 3, 3) + timedelta(days=days) for days in off)
        pause = Pause(email=SAM, from_on=first, until_on=last, created_at=clock.now())
        session.add(pause)
        session.flush()
    with time_machine.travel(TUESDAY + 5 * DAY, tick=False):
        asked = session.scalar(sa.select(Subscription.id).where(due(Schedule.of(found), TUESDAY)))
    assert found.state is SubscriptionState.ACTIVE
    assert (asked is not None) == is_due(found, pause, slot=TUESDAY)
