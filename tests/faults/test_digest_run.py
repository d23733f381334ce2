"""A run of digests under trouble: whoever dies, everybody is told each thing exactly once.

The suite runs a short form. ``ENGAGE_FAULT_READERS=2000 ENGAGE_FAULT_KILLS=20`` runs the form that the documentation
speaks of: ``tests/faults/test_digest_run.py``.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from engage.challenges.enums import ChallengeState
from engage.digests import jobs as digesting
from engage.digests.enums import Cadence, Topic
from engage.digests.models import DigestEdition, DigestIssue, DigestRun, Subscription
from engage.kernel import clock, db, jobs
from engage.kernel.cluster import Cluster
from engage.kernel.db import unit_of_work
from engage.outbox.models import Letter
from engage.outbox.service.delivery import LEASE
from engage.outbox.service.posting import DELIVER
from tests.conftest import TEST_SECRET
from tests.factories import challenges, digests
from tests.support.kills import KILLS
from tests.support.processes import until
from tests.support.site import Site
from tests.support.smtp import Handler, MailServer
from tests.support.workers import Worker

pytestmark = pytest.mark.faults

READERS = int(os.environ.get("ENGAGE_FAULT_READERS", "60"))
KILLED = int(os.environ.get("ENGAGE_FAULT_KILLS", "3"))
PATIENCE = 60.0 + READERS / 5 + KILLED * 15
ITEMS = ("Quieter railways", "Cleaner rivers", "Warmer homes")
Start = Callable[..., Worker]


class Audience:
    """Readers of everything, every third of whom searches for one of the items too: each is told of each item once."""

    def __init__(self) -> None:
        yesterday = clock.now() - timedelta(days=1)
        with unit_of_work() as session:
            told = {
                title: challenges.challenge(
                    session,
                    title=title,
                    state=ChallengeState.PUBLISHED,
                    published_at=yesterday,
                    updated_at=yesterday,
                ).id
                for title in ITEMS
            }
            for number in range(READERS):
                email = f"reader{number}@firm{number % 40}.test"
                digests.subscription(session, email=email, cadence=Cadence.DAILY, hour=number % 2)
                if number % 3 == 0:
                    digests.subscription(session, email=email, topic=Topic.SEARCH, value="railways")
        self.expected = {
            (f"reader{n}@firm{n % 40}.test", told[title]) for n in range(READERS) for title in ITEMS
        }

    def done(self) -> bool:
        """Whether every run is finished and every letter has left."""
        with unit_of_work() as session:
            behind = session.scalar(
                sa.select(sa.func.count()).where(
                    Subscription.covered_until < clock.now() - timedelta(hours=26)
                )
            )
            open_runs = session.scalar(sa.select(sa.func.count()).where(DigestRun.finished_at.is_(None)))
            waiting = session.scalar(sa.select(sa.func.count()).where(Letter.state != "sent"))
        return (behind, open_runs, waiting) == (0, 0, 0)

    def check(self, server: MailServer, *, gap: int) -> None:
        """Every (recipient, item) once in what was written and sent; copies on the wire share a Message-ID, and are
        at most ``gap``.
        """
        query = (
            sa.select(Letter.recipient, DigestEdition.items)
            .join(DigestIssue, DigestIssue.letter_id == Letter.id)
            .join(DigestEdition, DigestEdition.id == DigestIssue.edition_id)
            .where(Letter.state == "sent")
        )
        with unit_of_work() as session:
            rows = session.execute(query).all()
            written = set(session.scalars(sa.select(Letter.message_id)))
        ledger = Counter((row.recipient, item["challenge"]) for row in rows for item in row.items)
        assert ledger == Counter(self.expected)
        mails = {mail["Message-ID"]: mail for mail in server.taken}
        assert set(mails) == written
        wire = Counter(
            (str(mail["To"]), title) for mail in mails.values() for title in ITEMS if title in _text(mail)
        )
        assert set(wire.values()) == {1}
        assert len(wire) == READERS * len(ITEMS)
        assert len(server.taken) - len(mails) <= gap


def _text(mail: object) -> str:
    part = mail.get_body(("plain",))  # type: ignore[attr-defined]  # what the mail server keeps is an EmailMessage
    return str(part.get_content())


def go_on() -> None:
    """What waiting brings after somebody died: leases run out, and the minute's schedule. Never while all live."""
    let_leases_run_out(claimed_until=clock.now())
    wake()


def let_leases_run_out(*, claimed_until: datetime) -> None:
    """What two minutes bring to the letters that somebody had claimed at that moment and cannot mark any more."""
    past = clock.now() - timedelta(seconds=1)
    claimed = sa.and_(Letter.state == "sending", Letter.lease_until <= claimed_until + LEASE)
    with unit_of_work() as session:
        session.execute(sa.update(Letter).where(claimed).values(lease_until=past))


def wake() -> None:
    """What a pause between two tries and the minute's schedule would bring by waiting."""
    past = clock.now() - timedelta(seconds=1)
    with unit_of_work() as session:
        session.execute(sa.update(Letter).where(Letter.state == "queued").values(not_before=past))
        jobs.defer(session, "digests.plan", once="digests.plan")
        jobs.defer(session, DELIVER)


def insist(audience: Audience) -> bool:
    """Wait until everything is done, and let time pass meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if until(audience.done, seconds=3):
                return True
            wake()
        except sa.exc.OperationalError:
            time.sleep(1)  # the database is being started again
    return False


@pytest.fixture
def start(committed: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """A maker of workers on the test's database."""
    url = committed.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return lambda mail: Worker(url, mail=mail, folder=tmp_path)


def test_workers_killed_at_random_points(start: Start) -> None:
    audience, chance = Audience(), random.Random(5)
    with MailServer(handler=Handler(delay=0.002)) as server:
        for number in range(KILLED):
            go_on()
            with start(server.address) as worker:
                wanted = READERS * number // (KILLED + 1)
                assert until(partial(_busy, server, wanted), seconds=PATIENCE), worker.log.read_text()
                time.sleep(chance.random() / 2)
                worker.kill()
        go_on()
        with start(server.address) as worker:
            assert insist(audience), worker.log.read_text()
    audience.check(server, gap=KILLED)


def _busy(server: MailServer, number: int) -> bool:
    """Whether a digest was written (for the first kill) or so many mails were taken."""
    with unit_of_work() as session:
        written = session.scalar(sa.select(sa.func.count()).select_from(Letter)) or 0
    return len(server.taken) >= number and bool(written)


def test_two_workers_and_three_planners_at_once(start: Start) -> None:
    audience = Audience()
    ready = threading.Barrier(3)

    def look() -> None:
        ready.wait()
        digesting.open_runs(clock.now())
        digesting.write_runs(seconds=1.0)

    with MailServer() as server, start(server.address) as one, start(server.address) as other:
        planners = [threading.Thread(target=look) for _ in range(3)]
        for planner in planners:
            planner.start()
        for planner in planners:
            planner.join()
        assert insist(audience), one.log.read_text() + other.log.read_text()
    audience.check(server, gap=0)
    with unit_of_work() as session:
        runs = session.scalars(sa.select(DigestRun)).all()
    assert Counter((run.cadence, run.weekday, run.hour) for run in runs).most_common(1)[0][1] == 1


def test_a_mail_server_that_refuses_is_slow_and_cuts_the_line_after_it_took_the_mail(start: Start) -> None:
    audience, chance = Audience(), random.Random(6)
    lock, refused, cut = threading.Lock(), set[str](), set[str]()

    def sometimes_busy(recipient: str) -> str:
        with lock:
            first = recipient not in refused and chance.random() < 0.1
            refused.add(recipient) if first else None
        return "451 4.7.1 greylisted" if first else "250 OK"

    def sometimes_cut(recipient: str) -> str:
        with lock:
            first = recipient not in cut and len(cut) < 5 and chance.random() < 0.1
            cut.add(recipient) if first else None
        return "cut" if first else "250 OK"

    trouble = Handler(at_recipient=sometimes_busy, after_data=sometimes_cut, delay=0.003)
    go_on()
    with MailServer(handler=trouble) as server, start(server.address) as worker:
        assert insist(audience), worker.log.read_text()
    assert (bool(refused), bool(cut)) == (True, True)
    audience.check(server, gap=len(cut))


def test_connections_to_the_database_cut_while_digests_are_written(
    committed: sa.Engine, start: Start
) -> None:
    audience = Audience()
    cut = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    go_on()
    with MailServer(handler=Handler(delay=0.002)) as server, start(server.address) as worker:
        for number in (1, READERS // 2):
            assert until(partial(_busy, server, number), seconds=PATIENCE), worker.log.read_text()
            with committed.connect() as connection:
                connection.execute(cut)
            committed.dispose()
            let_leases_run_out(claimed_until=clock.now())
        assert insist(audience), worker.log.read_text()
        assert worker.process.poll() is None
    audience.check(server, gap=2)


@pytest.fixture
def site() -> Iterator[Callable[[str], Site]]:
    """A maker of whole sites, which start again whatever dies; their rows are this process's database."""
    folder = Path(tempfile.mkdtemp(prefix="engage-test-"))
    folder.chmod(0o755)
    started: list[Site] = []

    def begin(mail: str) -> Site:
        started.append(Site(folder / "data", SECRET_KEY=TEST_SECRET, ENGAGE_MAIL=mail).ready())
        engine = db.make_engine(Cluster(started[0].data.parent).url("engage"))
        db.bind(engine, join_transaction_mode="conditional_savepoint")
        return started[0]

    yield begin
    for one in started:
        one.stop()
    shutil.rmtree(folder)


@pytest.mark.skipif(
    "ENGAGE_FAULT_READERS" not in os.environ, reason="takes minutes; see the top of this file"
)
@pytest.mark.usefixtures("settings")
def test_web_worker_and_database_killed_at_random_points(site: Callable[[str], Site]) -> None:
    chance, strikes = random.Random(7), list(KILLS) * (1 + KILLED // len(KILLS))
    with MailServer(handler=Handler(delay=0.01)) as server:
        running = site(server.address)
        audience = Audience()
        go_on()
        for strike in strikes[:KILLED]:
            time.sleep(1 + 4 * chance.random())
            strike(running)
            assert until(running.answers, seconds=PATIENCE)
            wake()
        assert insist(audience)
        audience.check(server, gap=KILLED)
        print(f"{READERS} readers, {KILLED} killed, {len(server.taken)} mails taken")
