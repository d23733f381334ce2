"""More people want a place than there are, at the same moment, at a site as it is run: real processes, real HTTP."""

from __future__ import annotations

import math
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

import config
from engage.app import create_app
from engage.kernel import db
from engage.kernel.cluster import Cluster
from tests.conftest import TEST_SECRET, fresh_database
from tests.support import rush
from tests.support.contest import Contest, People, deadlocks
from tests.support.crowd import Browser, at_once, signed_in
from tests.support.kills import KILLS, Kill
from tests.support.site import Site

pytestmark = pytest.mark.faults

PEOPLE, FEWER, PLACES = 40, 16, 5


@pytest.fixture
def database(cluster: Cluster, template: str, settings: config.Config) -> Iterator[str]:
    with fresh_database(cluster, template) as url:
        engine = db.make_engine(url)
        db.bind(engine, join_transaction_mode="conditional_savepoint")
        yield url
        engine.dispose()


def site_on(url: str, folder: Path, **environ: str) -> Site:
    """A site without a worker on the database ``url``."""
    return Site(folder, "--no-worker", DATABASE_URL=url, SECRET_KEY=TEST_SECRET, **environ)


@pytest.fixture(scope="module")
def site(settings: config.Config) -> Iterator[Site]:
    """A site with a worker and the server that it looks after itself: what dies is started again."""
    folder = Path(tempfile.mkdtemp(prefix="engage-test-"))
    folder.chmod(0o755)
    started = Site(folder / "data", SECRET_KEY=TEST_SECRET).ready()
    yield started
    started.stop()
    shutil.rmtree(folder)


@pytest.fixture
def rows(site: Site) -> Iterator[None]:
    engine = db.make_engine(Cluster(site.data.parent).url("engage"))
    db.bind(engine, join_transaction_mode="conditional_savepoint")
    yield
    engine.dispose()


def browsers_of(site: Site, people: People, settings: config.Config) -> tuple[Browser, list[Browser]]:
    """The browser of who runs the session, and those of the suppliers."""
    members = [people.facilitator, *(team.membership for team in people.teams)]
    first, *others = signed_in(create_app(settings), site.url, members)
    return first, others


@pytest.mark.usefixtures("rows")
def test_more_people_than_places(site: Site, settings: config.Config) -> None:
    people = People.make(PEOPLE)
    runs, browsers = browsers_of(site, people, settings)
    contest = Contest.make(people, places=PLACES)
    mine = rush.by_invitation(browsers, contest)

    # Everybody accepts with a double click, while the places become fewer and as many as before again.
    resize = rush.resizing(runs, contest, PLACES - 3, PLACES)
    answers = rush.arrive(browsers, contest, clicks=2, meanwhile=[resize])
    assert Counter(answer.status for answer in answers) == {303: 2 * PEOPLE + 1}
    before = contest.standing()
    assert (contest.faults(), before.places, before.taken) == ([], PLACES, PLACES)
    assert (len(before.line), before.promised) == (PEOPLE - PLACES, set(contest.invitations))

    # Everybody reads where it stands.
    for invitation, browser in mine.items():
        page = browser.get(rush.page_of(invitation)).text
        if invitation in before.line:
            assert f"Number {before.line.index(invitation) + 1} for" in page
        else:
            assert ("Your place is confirmed" in page) == (invitation in before.confirmed)

    # Places are given up, turns left and places added, all at once: as many promotions as places came free.
    going, tired = [*before.confirmed], before.line[1:4]
    ready = rush.prepared(
        [
            *(partial(rush.giving_up, mine[each], each) for each in going),
            *(partial(rush.leaving, mine[each], each) for each in tired),
        ]
    )
    earlier = contest.promoted()
    answers = at_once([*(deed for deed in ready for _ in range(2)), rush.resizing(runs, contest, PLACES + 2)])
    assert Counter(answer.status for answer in answers) == {303: 2 * (len(going) + len(tired)) + 1}
    after, promoted = contest.standing(), [each for each in contest.promoted() if each not in earlier]
    assert (contest.faults(), after.taken, len(promoted)) == ([], PLACES + 2, len(going) + 2)
    assert after.line == [each for each in before.line if each not in {*promoted, *tired}]
    assert max(map(before.line.index, promoted)) < min(map(before.line.index, after.line), default=math.inf)
    assert deadlocks() == 0


def test_the_test_bites_without_the_guard_too_many_get_a_place(
    database: str, settings: config.Config, tmp_path: Path
) -> None:
    with db.unit_of_work() as session:
        session.execute(
            sa.text("ALTER TABLE advisory_session DROP CONSTRAINT ck_advisory_session_never_overbooked")
        )
    site = site_on(database, tmp_path, GUNICORN_CMD_ARGS="--config python:tests.support.unguarded").ready()
    try:
        people = People.make(FEWER)
        _, browsers = browsers_of(site, people, settings)
        contest = Contest.make(people, places=PLACES)
        rush.arrive(browsers, contest)
        assert [fault.split(":")[0] for fault in contest.faults()][:2] == ["overbooked", "counted wrong"]
    finally:
        site.stop()


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("strike", KILLS)
def test_every_yes_is_kept_when_something_is_killed(
    site: Site, settings: config.Config, strike: Kill
) -> None:
    people = People.make(FEWER)
    _, browsers = browsers_of(site, people, settings)
    contest = Contest.make(people, places=PLACES)
    yes: set[str] = set()
    enough = threading.Event()

    def accept(invitation: str, form: rush.Deed) -> None:
        rush.insist(form)
        yes.add(invitation)
        if len(yes) >= PLACES:
            enough.set()

    def wait_and_strike() -> None:
        assert enough.wait(60)
        strike(site)

    pairs = list(zip(browsers, contest.invitations, strict=True))
    forms = rush.prepared([partial(rush.accepting, browser, contest, each) for browser, each in pairs])
    accepts = [partial(accept, each, form) for each, form in zip(contest.invitations, forms, strict=True)]
    deeds: list[Callable[[], None]] = [wait_and_strike, *accepts]
    at_once(deeds)
    assert yes == set(contest.invitations)
    standing = contest.standing()
    assert (standing.promised, contest.faults()) == (yes, [])
    assert (len(standing.confirmed), len(standing.line)) == (PLACES, FEWER - PLACES)
