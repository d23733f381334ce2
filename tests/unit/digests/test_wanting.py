"""What each kind of subscription lets through, and what holds when its address pauses or mutes: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from engage.challenges.enums import Listed
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.digests.models import Pause, Subscription
from engage.digests.queries import Arranged
from engage.digests.service import Filter, Item, filter_of, next_mail, settings_of, wanted_by

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ITEM = Item(
    challenge_id=7,
    ref="ENG-2026-0007",
    title="Fewer empty seats",
    department="Department for Transport",
    excerpt="One in five booked seats travels empty.",
    closes_on=date(2026, 4, 1),
    organisation_id=3,
    stage=Listed.OPEN,
    at=AT,
    published_at=AT,
    is_open=True,
    cpv=("60130000", "72212517"),
    regions=frozenset({"TLI"}),
    capabilities=frozenset({"transport-planning", "transport"}),
    found_by=frozenset({"empty seats"}),
)


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Filter(Topic.EVERYTHING), True),
        (Filter(Topic.DEPARTMENT, "3"), True),
        (Filter(Topic.DEPARTMENT, "33"), False),
        (Filter(Topic.CAPABILITY, "transport"), True),
        (Filter(Topic.CAPABILITY, "trans"), False),
        (Filter(Topic.CPV, "60000000"), True),
        (Filter(Topic.CPV, "72212500"), True),
        (Filter(Topic.CPV, "60130100"), False),  # finer than what the challenge says
        (Filter(Topic.CPV, "61000000"), False),
        (Filter(Topic.REGION, "TLI"), True),
        (Filter(Topic.REGION, "TLM"), False),
        (Filter(Topic.SEARCH, "empty seats"), True),
        (Filter(Topic.SEARCH, "empty"), False),  # was not among the searches asked when the item was read
        (Filter(Topic.SEARCH, "empty seats", department_id=3), True),
        (Filter(Topic.SEARCH, "empty seats", department_id=4), False),
        (Filter(Topic.EVERYTHING, stage=Listed.ALL), True),
        (Filter(Topic.EVERYTHING, stage=Listed.CLOSED), False),
    ],
)
def test_each_kind_of_filter(wanted: Filter, fits: bool) -> None:
    assert wanted_by(wanted)(ITEM) is fits


def test_a_stage_is_told_to_those_who_asked_for_it() -> None:
    closed = replace(ITEM, stage=Listed.CLOSED, is_open=False)
    wanted = {stage: wanted_by(Filter(Topic.EVERYTHING, stage=stage))(closed) for stage in Listed}
    assert wanted == {
        Listed.OPEN: False,
        Listed.FINDINGS_DUE: False,
        Listed.CLOSED: True,
        Listed.ALL: True,
    }


def test_subscriptions_with_the_same_filter_share_the_function() -> None:
    def made(email: str) -> Subscription:
        return Subscription(email=email, topic=Topic.CPV, value="60000000", stage=Listed.OPEN)

    one, other = made("a@example.test"), made("b@example.test")
    assert filter_of(one) == filter_of(other) == Filter(Topic.CPV, "60000000")
    assert wanted_by(one) is wanted_by(other)


@pytest.mark.parametrize(
    ("is_open", "stage", "news"),
    [
        (True, Listed.OPEN, True),
        (False, Listed.OPEN, False),  # published and over before the mail left
        (False, Listed.FINDINGS_DUE, True),
        (False, Listed.CLOSED, True),
    ],
)
def test_an_opening_that_nobody_can_answer_is_no_news(is_open: bool, stage: Listed, news: bool) -> None:
    assert replace(ITEM, is_open=is_open, stage=stage).is_news is news


@pytest.mark.parametrize(
    ("day", "until"),
    [
        (date(2026, 7, 31), None),
        (date(2026, 8, 1), date(2026, 8, 14)),
        (date(2026, 8, 14), date(2026, 8, 14)),
        (date(2026, 8, 15), None),
    ],
)
def test_a_pause_holds_from_its_first_to_its_last_day(day: date, until: date | None) -> None:
    found = Subscription(
        email="Sam@Example.test",
        topic=Topic.EVERYTHING,
        cadence=Cadence.DAILY,
        weekday=1,
        hour=8,
        state=SubscriptionState.ACTIVE,
    )
    pause = Pause(email="sam@example.test", from_on=date(2026, 8, 1), until_on=date(2026, 8, 14))
    arranged = Arranged({pause.email: pause}, {"sam@example.test": frozenset({7})})
    settings = settings_of(found, arranged, day=day)
    assert (settings.paused_until, settings.tells) == (until, until is None)
    assert settings.leaves_out(ITEM)
    assert not settings_of(found, Arranged(), day=day).leaves_out(ITEM)


NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)  # a Saturday
BEFORE_TUESDAY = datetime(2026, 7, 27, 7, tzinfo=UTC)


def active(**values: object) -> Subscription:
    columns = {
        "email": "sam@example.test",
        "topic": Topic.EVERYTHING,
        "cadence": Cadence.WEEKLY,
        "weekday": 1,
        "hour": 8,
        "state": SubscriptionState.ACTIVE,
        "covered_until": datetime(2026, 8, 1, 11, tzinfo=UTC),
        **values,
    }
    return Subscription(**columns)


@pytest.mark.parametrize(
    ("values", "pause", "following"),
    [
        ({}, None, datetime(2026, 8, 4, 7, tzinfo=UTC)),  # the next Tuesday at 8am, in summer
        ({}, (date(2026, 8, 1), date(2026, 8, 3)), datetime(2026, 8, 4, 7, tzinfo=UTC)),
        ({}, (date(2026, 8, 1), date(2026, 8, 4)), datetime(2026, 8, 11, 7, tzinfo=UTC)),
        ({"hour": 0}, (date(2026, 8, 1), date(2026, 8, 3)), datetime(2026, 8, 3, 23, tzinfo=UTC)),
        (
            {"cadence": Cadence.DAILY},
            (date(2026, 8, 9), date(2026, 8, 10)),
            datetime(2026, 8, 2, 7, tzinfo=UTC),
        ),
        ({"cadence": Cadence.IMMEDIATE}, None, None),
        (
            {"cadence": Cadence.IMMEDIATE},
            (date(2026, 8, 1), date(2026, 8, 3)),
            datetime(2026, 8, 3, 23, tzinfo=UTC),  # midnight in the UK
        ),
        ({"state": SubscriptionState.ENDED}, None, None),
        # Told before last Tuesday only: its day was changed from Monday. It is due now, or after the pause.
        ({"covered_until": BEFORE_TUESDAY}, None, NOW),
        (
            {"covered_until": BEFORE_TUESDAY},
            (date(2026, 8, 1), date(2026, 8, 2)),
            datetime(2026, 8, 2, 23, tzinfo=UTC),
        ),
        # Its last Tuesday fell into a pause: the next one is its turn.
        (
            {"covered_until": BEFORE_TUESDAY},
            (date(2026, 7, 28), date(2026, 7, 30)),
            datetime(2026, 8, 4, 7, tzinfo=UTC),
        ),
    ],
)
def test_the_next_mail_comes_at_a_slot_outside_the_pause(
    values: dict[str, object], pause: tuple[date, date] | None, following: datetime | None
) -> None:
    found = active(**values)
    pauses = {found.email: Pause(email=found.email, from_on=pause[0], until_on=pause[1])} if pause else {}
    assert next_mail(found, Arranged(pauses), now=NOW) == following
