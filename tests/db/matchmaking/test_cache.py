"""The cache of segments: exactly as the database is, whatever happens in whatever order, and never trusted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from engage.challenges.models import Challenge
from engage.kernel import db
from engage.kernel.db import new_session, unit_of_work
from engage.kernel.errors import Conflict
from engage.kernel.settings import configure
from engage.matching import Features, Parameters, Ranked
from engage.matchmaking.service import disk, pools
from engage.matchmaking.service.corpus import refresh_corpus, standard
from engage.matchmaking.service.matching import match
from engage.matchmaking.service.pools import Ready, get_ready
from engage.matchmaking.service.sifting import Sifted, sift
from engage.matchmaking.service.texts import challenge_text
from engage.suppliers.models import Statement, Supplier
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms
from tests.support.processes import PROJECT


@pytest.fixture(autouse=True)
def folder(settings: config.Config, tmp_path: Path) -> Iterator[Path]:
    """A data directory of its own for each test."""
    configure(replace(settings, data_dir=tmp_path))
    yield tmp_path / pools.FOLDER
    configure(settings)
    pools._shelves.clear()


def ready(session: Session) -> Ready:
    measure = pools.yardstick(
        session, standard(session), features=Features(digest="none", dim=0), parameters=Parameters()
    )
    return get_ready(session, yardstick=measure, department=None, complete=False)


def texts(found: Ready) -> dict[str, list[str]]:
    return {
        ref: sorted(one.text for one in pools.documents(found.pool, ref)) for ref in found.sifted.entrants
    }


def in_database(session: Session) -> dict[str, list[str]]:
    """What ``texts`` must come to, read the plain way."""
    rows = session.execute(sa.select(Supplier.ref, Statement.text).join(Statement.supplier))
    found: dict[str, list[str]] = {}
    for ref, text in sorted(rows.all()):
        found.setdefault(ref, []).append(text)
    return found


def segments(folder: Path) -> list[str]:
    manifest = next(folder.glob(f"*/{disk.MANIFEST}"))
    names: list[str] = json.loads(manifest.read_text())["segments"]
    return names


def market_with_corpus() -> made.Market:
    with unit_of_work() as session:
        found = made.market(session)
        refresh_corpus(session)
    return found


def ranked(session: Session, market: made.Market) -> list[Ranked]:
    challenge = session.get_one(Challenge, market.challenge.id)
    text = challenge_text(challenge.versions[0].content)
    return match(session, text, challenge=challenge, floors={}, writing=False).ranked


@pytest.mark.usefixtures("committed")
class TestFollowsTheDatabase:
    def test_nothing_is_read_twice(self, folder: Path) -> None:
        market_with_corpus()
        with db.reading() as session:
            first = ready(session)
            names = segments(folder)
            pools._shelves.clear()  # as another process
            again = ready(session)
        assert texts(first) == texts(again)
        assert segments(folder) == names
        assert [held.name for held in again.held] == names

    @pytest.mark.parametrize("change", ["added", "edited", "removed", "codes", "another supplier", "deleted"])
    def test_each_change_is_seen_and_little_is_read_again(self, folder: Path, change: str) -> None:
        market = market_with_corpus()
        with db.reading() as session:
            ready(session)
        base = segments(folder)
        with unit_of_work() as session:
            best = session.get_one(Supplier, market.best.id)
            if change == "added":
                firms.statement(session, best, title="More", text="Sirens on bridges.")
            elif change == "edited":
                best.statements[0].text = "Something else."
            elif change == "removed":
                firms.statement(session, best, title="More", text="Sirens on bridges.")
                session.delete(best.statements[0])
            elif change == "codes":
                best.cpv = ["72000000"]
            elif change == "another supplier":
                firms.supplier(session, name="New", does="Boats.")
            else:
                session.delete(best.statements[0])
                session.delete(best)
        with db.reading() as session:
            found = ready(session)
            assert texts(found) == in_database(session)
        assert segments(folder)[: len(base)] == base
        assert [len(held) for held in found.held] == ([8] if change == "deleted" else [8, 1])

    def test_what_does_not_matter_is_not_read_again(self, folder: Path) -> None:
        market = market_with_corpus()
        with db.reading() as session:
            ready(session)
        names = segments(folder)
        with unit_of_work() as session:
            best = session.get_one(Supplier, market.best.id)
            best.summary, best.capacity_per_quarter = "Other words.", 7
            best.statements[0].client = "Somebody"
        with db.reading() as session:
            assert ready(session).sifted.entrants[market.best.ref].capacity_left == 7
        assert segments(folder) == names

    def test_a_last_small_segment_is_made_anew_not_followed(self) -> None:
        market_with_corpus()
        for number in range(4):
            with unit_of_work() as session:
                firms.supplier(session, name=f"Firm {number}", does=f"Boats {number}.")
            with db.reading() as session:
                found = ready(session)
                assert texts(found) == in_database(session)
        assert [len(held) for held in found.held] == [9, 3]

    def test_when_most_has_changed_all_is_made_anew(self) -> None:
        market_with_corpus()
        with db.reading() as session:
            ready(session)
        with unit_of_work() as session:
            for statement in session.scalars(sa.select(Statement)):
                statement.text += " And boats."
        with db.reading() as session:
            found = ready(session)
            assert texts(found) == in_database(session)
        assert [len(held) for held in found.held] == [8]

    def test_what_is_rolled_back_never_was(self) -> None:
        market = market_with_corpus()
        with new_session() as session:
            best = session.get_one(Supplier, market.best.id)
            best.statements[0].text = "Never committed."
            session.flush()
            assert texts(ready(session))[market.best.ref] == ["Never committed."]
            session.rollback()
        with db.reading() as session:
            assert texts(ready(session)) == in_database(session)
        with new_session() as session:  # back to a savepoint is the same
            best = session.get_one(Supplier, market.best.id)
            savepoint = session.begin_nested()
            best.statements[0].text = "Never kept."
            session.flush()
            assert texts(ready(session))[market.best.ref] == ["Never kept."]
            savepoint.rollback()
            assert texts(ready(session)) == in_database(session)

    def test_a_transaction_that_commits_late_is_not_missed(self) -> None:
        """Begun first, committed last: neither numbers nor times would tell."""
        market = market_with_corpus()
        with db.reading() as session:
            ready(session)
        late, early = new_session(), new_session()
        late.get_one(Supplier, market.best.id).statements[0].text = "Begun early, committed late."
        late.flush()
        other = market.suppliers["Taxi Line"]
        early.get_one(Supplier, other.id).statements[0].text = "Begun late, committed early."
        early.commit()
        with db.reading() as session:
            between = texts(ready(session))
            assert between == in_database(session)
            assert between[market.best.ref] == [made.TEXTS[made.BEST]]
        late.commit()
        with db.reading() as session:
            after = texts(ready(session))
            assert after == in_database(session)
            assert after[market.best.ref] == ["Begun early, committed late."]
        late.close()
        early.close()

    def test_what_changes_between_sifting_and_reading_is_sifted_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        market = market_with_corpus()
        sifted: list[int] = []

        def sift_too_early(session: Session, **asked: Any) -> Sifted:
            found = sift(session, **asked)
            sifted.append(found.entrants[market.best.ref].revision)
            with unit_of_work() as other:
                other.get_one(Supplier, market.best.id).statements[0].text += " More."
            return found

        monkeypatch.setattr(pools, "sift", sift_too_early)
        with db.reading() as session:
            found = ready(session)
        first = made.TEXTS[made.BEST]
        assert texts(found)[market.best.ref] == [f"{first} More."]  # what was sifted, not what came after
        assert found.sifted.entrants[market.best.ref].revision == sifted[1] != sifted[0]

    def test_profiles_that_cannot_be_caught_are_refused_in_words(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        market_with_corpus()
        monkeypatch.setattr(pools, "bring", lambda *_arguments, **_options: None)
        with db.reading() as session, pytest.raises(Conflict, match="changing faster"):
            ready(session)


@pytest.mark.usefixtures("committed")
class TestIsNeverTrusted:
    @pytest.mark.parametrize("damage", ["cut", "turned", "gone", "no manifest", "half a manifest", "others"])
    def test_damage_is_noticed_and_mended(self, folder: Path, damage: str) -> None:
        market = market_with_corpus()
        with db.reading() as session:
            before = ranked(session, market)
        manifest = next(folder.glob(f"*/{disk.MANIFEST}"))
        columns = next(manifest.parent.glob("*/segment/columns.bin"))
        if damage == "cut":
            columns.write_bytes(columns.read_bytes()[:-100])
        elif damage == "turned":
            content = bytearray(columns.read_bytes())
            content[len(content) // 2] ^= 1
            columns.write_bytes(content)
        elif damage == "gone":
            columns.unlink()
        elif damage == "no manifest":
            manifest.unlink()
        elif damage == "half a manifest":
            manifest.write_text(manifest.read_text()[:20])
        else:
            manifest.write_text(json.dumps({"yardstick": "another", "segments": ["what"]}))
        pools._shelves.clear()
        with db.reading() as session:
            assert ranked(session, market) == before
            assert texts(ready(session)) == in_database(session)

    def test_a_disk_that_takes_nothing_costs_only_time(self, settings: config.Config, tmp_path: Path) -> None:
        market = market_with_corpus()
        with db.reading() as session:
            before = ranked(session, market)
            blocked = tmp_path / "a file"
            blocked.write_text("")
            configure(replace(settings, data_dir=blocked))
            assert ranked(session, market) == before

    def test_segments_of_another_database_are_not_taken_for_ours(self) -> None:
        market = market_with_corpus()
        with db.reading() as session:
            ready(session)
        with unit_of_work() as session:  # as after a restore: the same names, other words, other revisions
            statement = session.get_one(Supplier, market.best.id).statements[0]
            session.execute(sa.text("ALTER TABLE statement DISABLE TRIGGER revise"))
            statement.text = "From a backup."
            session.flush()
            session.execute(sa.text("UPDATE statement SET revision = engage_revision()"))
            session.execute(sa.text("ALTER TABLE statement ENABLE TRIGGER revise"))
        with db.reading() as session:
            assert texts(ready(session)) == in_database(session)


WRITER = """
    import os, signal, sys
    from dataclasses import replace
    from pathlib import Path
    import config
    from engage import app
    from engage.kernel import db
    from engage.kernel.settings import configure
    from engage.matching import Features, Parameters
    from engage.matchmaking.service import disk, pools
    from engage.matchmaking.service.corpus import standard

    url, folder, stage = sys.argv[1:]
    configure(config.load({"SECRET_KEY": "x" * 40, "ENGAGE_DATA_DIR": folder, "ENGAGE_EMBEDDER": "none"}))
    app.wire()
    db.bind(db.make_engine(url))

    def die(*_arguments, **_options):
        os.kill(os.getpid(), signal.SIGKILL)

    if stage == "columns":
        disk.write_columns = die
    elif stage == "manifest":
        disk._replace = die
    elif stage == "sweep":
        disk.Shelf._sweep = die
    with db.reading() as session:
        measure = pools.yardstick(
            session, standard(session), features=Features(digest="none", dim=0), parameters=Parameters()
        )
        found = pools.get_ready(session, yardstick=measure, department=None, complete=False)
        print(len(found.sifted.entrants), found.pool.size)
"""


def writer(engine: sa.Engine, folder: Path, stage: str) -> subprocess.Popen[str]:
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", textwrap.dedent(WRITER), url, str(folder.parent), stage]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, env=os.environ.copy())


class TestProcesses:
    @pytest.mark.parametrize("stage", ["columns", "manifest", "sweep"])
    def test_a_process_killed_while_writing_leaves_nothing_wrong(
        self, committed: sa.Engine, folder: Path, stage: str
    ) -> None:
        market_with_corpus()
        with db.reading() as session:
            ready(session)
        with unit_of_work() as session:
            firms.supplier(session, name="New", does="Boats.")
        killed = writer(committed, folder, stage)
        assert killed.wait(timeout=60) == -signal.SIGKILL
        pools._shelves.clear()
        with db.reading() as session:
            assert texts(ready(session)) == in_database(session)

    def test_two_processes_at_once_do_it_once(self, committed: sa.Engine, folder: Path) -> None:
        market_with_corpus()
        both = [writer(committed, folder, "") for _ in range(2)]
        assert [one.communicate(timeout=60)[0].split() for one in both] == [["8", "8"], ["8", "8"]]
        assert len(segments(folder)) == 1
        assert len(list(folder.glob("*/segment-*"))) == 1

    @pytest.mark.usefixtures("committed")
    def test_threads_of_one_process_agree(self) -> None:
        market_with_corpus()
        barrier = threading.Barrier(4)

        def look(_number: int) -> dict[str, list[str]]:
            with db.reading() as session:
                barrier.wait(timeout=20)
                return texts(ready(session))

        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(look, range(4)))
        assert found == [found[0]] * 4

    @pytest.mark.usefixtures("committed")
    def test_a_writer_that_hangs_is_not_waited_for_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        market_with_corpus()
        monkeypatch.setattr(disk, "PATIENCE", 0.2)
        with db.reading() as session:
            shelf = pools._shelf(ready(session).yardstick)
        with unit_of_work() as session:
            firms.supplier(session, name="New", does="Boats.")
        with shelf.writing(), db.reading() as session, pytest.raises(Conflict, match="prepared for matching"):
            ready(session)
