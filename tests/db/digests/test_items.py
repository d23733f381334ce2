"""What happened to challenges, and which subscriptions it is for: stages, windows, searches, capabilities, previews."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges import queries as challenges_of
from engage.challenges.enums import PUBLIC_STATES, ChallengeState, Listed
from engage.challenges.models import Challenge
from engage.digests import queries, service
from engage.digests.enums import Topic
from engage.digests.models import Mute
from engage.digests.service import Filter
from engage.kernel import clock
from engage.kernel.actor import System
from engage.suppliers import service as suppliers
from tests.factories import challenges, digests
from tests.factories.taxonomy import taxonomy
from tests.support.statements import selects

NOW = datetime(2026, 7, 20, 9, tzinfo=UTC)
DAY = timedelta(days=1)
EVERYTHING = Filter(Topic.EVERYTHING, stage=Listed.ALL)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.as_of(NOW):
        yield


def public(session: Session, **values: object) -> Challenge:
    given = {"published_at": NOW - DAY, "closes_on": date(2026, 8, 20), **values}
    return challenges.challenge(session, **{"state": ChallengeState.PUBLISHED, **given})  # type: ignore[arg-type]  # columns


def wanted(session: Session, what: Filter, *, days: int = 30) -> list[str]:
    return [one.title for one in service.told(session, what, after=NOW - days * DAY, until=NOW)]


def stages(session: Session, *, after: datetime, until: datetime) -> list[tuple[Listed, datetime]]:
    found = service.items(session, after=after, until=until, filters=[EVERYTHING])
    return [(one.stage, one.at) for one in found]


def test_a_window_begins_after_its_start_and_holds_its_end(session: Session) -> None:
    at = public(session).published_at
    assert at is not None
    second = timedelta(seconds=1)
    assert stages(session, after=at - second, until=at) == [(Listed.OPEN, at)]
    assert stages(session, after=at, until=at + second) == []
    assert stages(session, after=at - 2 * second, until=at - second) == []


def test_a_challenge_comes_to_its_stages_one_after_the_other(session: Session) -> None:
    """It closes on 30 June: nobody can take part from midnight in the UK, which is 11pm UTC in summer."""
    closed_at = datetime(2026, 7, 10, 12, tzinfo=UTC)
    published = datetime(2026, 6, 1, 12, tzinfo=UTC)
    public(
        session,
        state=ChallengeState.CLOSED,
        published_at=published,
        closes_on=date(2026, 6, 30),
        closed_at=closed_at,
    )
    assert stages(session, after=published - DAY, until=NOW) == [
        (Listed.OPEN, published),
        (Listed.FINDINGS_DUE, datetime(2026, 6, 30, 23, tzinfo=UTC)),
        (Listed.CLOSED, closed_at),
    ]


def test_an_engagement_that_its_department_ends_is_over_then(session: Session) -> None:
    early, by_hand = NOW - 2 * DAY, NOW - 3 * DAY
    public(
        session,
        state=ChallengeState.FINDINGS_DUE,
        ended_early_at=early,
        ended_early_reason="The policy changed.",
    )
    ended = public(session, state=ChallengeState.FINDINGS_DUE)
    with clock.as_of(by_hand):
        audit.record(
            session,
            actor=System(),
            tag="challenges:challenge:engagement_ended",
            subject=f"challenge:{ended.ref}",
        )
    session.flush()
    heard = Filter(Topic.EVERYTHING, stage=Listed.FINDINGS_DUE)
    found = service.told(session, heard, after=NOW - 10 * DAY, until=NOW)
    assert [one.at for one in found] == [early, by_hand]


def test_what_was_withdrawn_ends_and_never_opened(session: Session) -> None:
    gone = public(session, state=ChallengeState.WITHDRAWN, withdrawn_at=NOW - DAY, published_at=NOW - 5 * DAY)
    assert stages(session, after=NOW - 30 * DAY, until=NOW) == [(Listed.CLOSED, gone.withdrawn_at)]


def test_nothing_happens_to_what_is_not_public(session: Session) -> None:
    for state in set(ChallengeState) - set(PUBLIC_STATES):
        challenges.challenge(session, state=state)
    assert stages(session, after=NOW - 30 * DAY, until=NOW + DAY) == []


@pytest.mark.parametrize(
    "words", ["hydrogen", '"hydrogen storage"', "storage or kelp", "hydrogen -storage", "the"]
)
def test_a_search_finds_what_the_public_list_finds(session: Session, words: str) -> None:
    for title in ("Hydrogen storages", "Storing hydrogen", "Kelp", "The sea"):
        public(session, title=title)
    listed = challenges_of.public_challenges(session, words=words, state=Listed.OPEN).items
    assert sorted(wanted(session, Filter(Topic.SEARCH, words))) == sorted(one.title for one in listed)


def test_a_search_in_one_department(session: Session) -> None:
    here, there = public(session, title="Hydrogen here"), public(session, title="Hydrogen there")
    within = Filter(Topic.SEARCH, "hydrogen", department_id=there.organisation_id)
    assert wanted(session, within) == ["Hydrogen there"]
    assert wanted(session, Filter(Topic.DEPARTMENT, str(here.organisation_id))) == ["Hydrogen here"]


def test_a_region_brings_what_names_none(session: Session) -> None:
    public(session, title="In Wales", region="TLL")
    public(session, title="In London", region="TLI")
    public(session, title="Anywhere", region=None)
    assert sorted(wanted(session, Filter(Topic.REGION, "TLL"))) == ["Anywhere", "In Wales"]


def test_an_area_brings_what_its_capabilities_bring_and_so_does_what_was_merged(session: Session) -> None:
    taxonomy(session)
    public(session, title="Stuck", cpv=["42416100"], problem="Nobody gets up.", expertise="")
    public(
        session, title="Better sirens and river gauges for flood warning", cpv=[], expertise="Flood warning"
    )
    suppliers.merge_capability(session, actor=System(), slug="roofs", into="lifts")
    slugs = ("flood-warning", "water", "lifts", "roofs", "houses", "weather-maps")
    found = {slug: wanted(session, Filter(Topic.CAPABILITY, slug)) for slug in slugs}
    sirens, stuck = ["Better sirens and river gauges for flood warning"], ["Stuck"]
    assert found == {
        "flood-warning": sirens,
        "water": sirens,
        "lifts": stuck,
        "roofs": stuck,
        "houses": stuck,
        "weather-maps": [],
    }


def test_a_preview_shows_what_has_closed_since_and_leaves_out_what_is_muted(session: Session) -> None:
    public(session, title="Over", closes_on=date(2026, 7, 1), published_at=NOW - 29 * DAY)
    public(session, title="Too long ago", published_at=NOW - 31 * DAY)
    muted = public(session, title="Muted")
    mine = digests.subscription(session, email="Sam@example.test")
    session.add(Mute(email="sam@example.test", challenge_id=muted.id, created_at=NOW))
    session.flush()
    settings = service.settings_of(mine, queries.arranged(session, [mine.email]), day=clock.uk_today())
    assert [one.title for one in service.preview(session, mine)] == ["Muted", "Over"]
    assert [one.title for one in service.preview(session, mine, settings=settings)] == ["Over"]


def test_as_many_statements_however_many_items_and_filters(session: Session, engine: sa.Engine) -> None:
    taxonomy(session)
    filters = [Filter(Topic.SEARCH, words) for words in ("seats", "kelp")] + [
        Filter(Topic.CAPABILITY, "roofs")
    ]
    numbers: list[tuple[int, int]] = []
    for _ in range(3):
        public(session)
        session.expire_all()
        with selects(engine) as seen:
            found = service.items(session, after=NOW - 30 * DAY, until=NOW, filters=filters * len(numbers))
        numbers.append((len(found), len(seen)))
    assert [number for number, _ in numbers] == [1, 2, 3]
    assert numbers[1][1] == numbers[2][1]
