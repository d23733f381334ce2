"""A match comes out the same, to the byte, whatever has become of the profiles; and a difference is found."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

import config
from engage.kernel import clock, db
from engage.kernel.db import unit_of_work
from engage.kernel.errors import NotFound
from engage.kernel.settings import configure
from engage.matching import ENGINE_VERSION, Band
from engage.matchmaking import queries, service
from engage.matchmaking.enums import HardRule
from engage.matchmaking.models import (
    Corpus,
    FormerStatement,
    MatchCandidate,
    MatchPool,
    MatchRun,
    TextVector,
)
from engage.matchmaking.service import pools
from engage.matchmaking.service.forgetting import KEPT
from engage.matchmaking.service.frozen import thaw
from engage.suppliers.models import Statement, Supplier
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms

MODEL = "minilm-int8"


@pytest.fixture
def market(session: Session) -> made.Market:
    found = made.market(session)
    found.suppliers["Taxi Line"].paused = True
    firms.statement(session, found.best, title="More", text="Sirens on bridges warn drivers of floods.")
    return found


@pytest.fixture
def run(session: Session, market: made.Market) -> MatchRun:
    return made.run(session, market)


@pytest.fixture
def model(settings: config.Config) -> Iterator[None]:
    """The language model, as in production."""
    configure(dataclasses.replace(settings, embedder=MODEL))
    yield
    configure(settings)


def everything_changes(session: Session, market: made.Market) -> None:
    """Edit, remove and add statements, rename, pause, verify, publish anew, take another corpus."""
    best, gauges = market.best, market.suppliers["Gauge Works"]
    best.statements[0].title, best.statements[0].text = "Now", "Cleaning of schools."
    best.statements[0].cpv, best.cpv, best.sme = ["90910000"], ["72000000"], True
    best.organisation.name = "Somebody Else Ltd"
    session.delete(gauges.statements[0])
    market.suppliers["Taxi Line"].paused = False
    market.suppliers["Lift Care"].statements[0].expires_on = clock.uk_today()
    firms.supplier(session, name="New", does=made.TEXTS[made.BEST])
    market.challenge.problem = "Something else."
    session.flush()
    session.expire_all()
    service.refresh_corpus(session, stale=0)


def recorded(session: Session, run: MatchRun) -> list[str]:
    query = (
        sa.select(MatchCandidate)
        .where(MatchCandidate.run_id == run.id)
        .options(undefer(MatchCandidate.explanation))
    )
    return [json.dumps(each.explanation, sort_keys=True) for each in session.scalars(query)]


def test_a_run_says_what_decided_it(session: Session, run: MatchRun) -> None:
    corpus = session.scalars(sa.select(Corpus)).one()
    assert (run.lexicon_id, run.background_id) == (corpus.lexicon_id, corpus.background_id)
    assert session.scalars(sa.select(MatchPool.hash)).all() == [run.pool_hash]
    assert run.snapshot["identity"] == {
        "engine_version": ENGINE_VERSION,
        "parameters": run.snapshot["identity"]["parameters"],
        "lexicon": run.lexicon_id,
        "background": run.background_id,
        "embedder": "none",
        "profiles": run.pool_hash,
    }
    assert len(run.list_hash or "") == 64


def test_the_pool_has_everybody_as_they_were(session: Session, market: made.Market, run: MatchRun) -> None:
    everything_changes(session, market)
    pool = thaw(session, run=run)
    assert pool.on == clock.uk_today()
    assert [supplier.ref for supplier in pool.suppliers] == sorted(
        each.ref for name, each in market.suppliers.items() if name != "Taxi Line"
    )
    assert pool.left_out == {market.suppliers["Taxi Line"].ref: HardRule.PAUSED}
    best = next(each for each in pool.suppliers if each.ref == market.best.ref)
    assert (len(best.statements), best.cpv, best.facts["sme"], best.facts["recent"]) == (2, (), None, 0)


def test_it_comes_out_the_same(session: Session, run: MatchRun) -> None:
    found = service.replay(session, run=run)
    assert found.differences == []
    assert (found.identical, found.found, found.recorded) == (True, run.list_hash, run.list_hash)
    assert found.suppliers == 7


def test_whatever_changes_after_the_freeze_changes_nothing(
    session: Session, market: made.Market, run: MatchRun
) -> None:
    before = recorded(session, run)
    everything_changes(session, market)
    found = service.replay(session, run=run)
    assert (found.differences, found.found) == ([], run.list_hash)
    assert recorded(session, run) == before


def test_a_supplier_that_is_gone_is_still_replayed(session: Session, market: made.Market) -> None:
    """Nobody can be removed who was ranked; one who was only in the pool can."""
    far = market.suppliers["Ledger Lane"]
    run = made.run(session, market)
    session.execute(sa.delete(MatchCandidate).where(MatchCandidate.supplier_id == far.id))
    session.execute(sa.delete(Statement).where(Statement.supplier_id == far.id))
    session.execute(sa.delete(Supplier).where(Supplier.id == far.id))
    session.expire_all()
    found = service.replay(session, run=run)
    # Its place in the list went with it, and that is noticed; everybody else's place is as it was.
    assert [line.split(":")[1][:17] for line in found.differences] == [" recorded nobody,"]
    assert found.found == run.list_hash


@pytest.mark.usefixtures("model")
def test_the_model_need_not_be_there(session: Session, market: made.Market, settings: config.Config) -> None:
    run = made.run(session, market)
    assert run.model_digest != "none"
    everything_changes(session, market)
    configure(settings)  # without a model
    assert service.replay(session, run=run).differences == []


class TestDifferencesAreFound:
    def test_a_score_that_was_changed(self, session: Session, run: MatchRun) -> None:
        run.candidates[1].score += 1e-12
        session.flush()
        found = service.replay(session, run=run)
        assert not found.identical
        assert [line.split(":")[0] for line in found.differences] == ["Place 2"]

    def test_a_reason_that_was_changed(self, session: Session, run: MatchRun) -> None:
        first = run.candidates[0]
        documents = first.explanation["documents"]
        changed = [documents[0] | {"lexical": documents[0]["lexical"] + 0.5}, *documents[1:]]
        first.explanation = first.explanation | {"documents": changed}
        session.flush()
        found = service.replay(session, run=run)
        assert [line.split(":")[0] for line in found.differences] == ["Place 1"]

    def test_a_digest_that_was_changed(self, session: Session, run: MatchRun) -> None:
        run.list_hash = "0" * 64
        assert service.replay(session, run=run).differences == [
            "The candidates are the same, but not the digest of the list that the run recorded."
        ]

    @pytest.mark.parametrize(
        "part", ["pool", "pool changed", "corpus", "words", "engine", "text", "snapshot"]
    )
    def test_what_is_not_kept_is_named(
        self, session: Session, market: made.Market, run: MatchRun, part: str
    ) -> None:
        said = {
            "pool": f"The pool of the match {run.ref} is not kept.",
            "pool changed": f"The pool kept for the match {run.ref} is not the one that was frozen.",
            "corpus": "The snapshot of the corpus that this match refers to is not in the database.",
            "words": "The words of 1 frozen statements are not in the database.",
            "engine": "The match was made by version 0 of the engine;",
            "text": "The text of the challenge is not the one that was matched.",
            "snapshot": "The snapshot of this match is not the one that was frozen: its hash differs.",
        }[part]
        if part == "pool":
            session.execute(sa.delete(MatchPool))
        elif part == "pool changed":
            other = sa.select(MatchPool.content).scalar_subquery()
            session.execute(sa.update(MatchPool).values(content=sa.func.substr(other, 1)))
            made.run(session, market)
            run.pool_hash = "1" * 64
            session.execute(sa.update(MatchPool).values(hash="1" * 64))
        elif part == "corpus":
            run.lexicon_id = "0" * 64
        elif part == "words":
            market.best.statements[0].text = "Changed."
            session.flush()
            session.execute(sa.delete(FormerStatement))
        elif part == "engine":
            run.engine_version = "0"
        elif part == "text":
            version = market.challenge.versions[0]
            version.content = version.content | {"problem": "Another."}
        else:
            session.execute(sa.update(MatchRun).values(snapshot_hash="0" * 64))
        session.flush()
        session.expire_all()
        found = service.replay(session, run=run)
        assert [line[: len(said)] for line in found.differences] == [said]


class TestOwnData:
    def test_a_profile_as_it_was_compared(self, session: Session, market: made.Market, run: MatchRun) -> None:
        everything_changes(session, market)
        found = service.frozen_profile(session, run=run, supplier=market.best)
        assert not isinstance(found, HardRule)
        assert found is not None
        assert sorted(one.title for one in found.documents) == ["Earlier work", "More"]
        assert found.expertise_cpv == ()

    def test_the_rule_that_left_it_out(self, session: Session, market: made.Market, run: MatchRun) -> None:
        paused = market.suppliers["Taxi Line"]
        paused.paused = False
        session.flush()
        assert service.frozen_profile(session, run=run, supplier=paused) is HardRule.PAUSED
        assert service.explain_frozen(session, run=run, supplier=paused) is None

    def test_who_came_later_was_not_there(self, session: Session, run: MatchRun) -> None:
        late = firms.supplier(session, name="Late", does="Floods.")
        assert service.frozen_profile(session, run=run, supplier=late) is None
        assert service.explain_frozen(session, run=run, supplier=late) is None

    def test_the_score_is_explained_from_its_own_data_alone(
        self, session: Session, market: made.Market, run: MatchRun
    ) -> None:
        everything_changes(session, market)
        for candidate in run.candidates:
            found = service.explain_frozen(session, run=run, supplier=candidate.supplier)
            assert found is not None
            assert found.score == candidate.score
            kept = [reason["contribution"] for reason in candidate.explanation["documents"]]
            assert [reason.contribution for reason in found.documents] == kept


class TestForgetting:
    def test_words_of_a_match_stay_and_others_go(
        self, session: Session, market: made.Market, run: MatchRun
    ) -> None:
        best = market.best.statements[0]
        for text in ("Typed by mistake.", "At last."):
            best.text = text
            session.flush()
        former = session.scalars(sa.select(FormerStatement).order_by(FormerStatement.id)).all()
        assert [each.text for each in former] == [made.TEXTS[made.BEST], "Typed by mistake."]
        assert service.forget_words(session) == 0
        session.execute(sa.update(FormerStatement).values(replaced_at=clock.now() - KEPT - KEPT))
        assert service.forget_words(session) == 1
        assert session.scalars(sa.select(FormerStatement.text)).all() == [made.TEXTS[made.BEST]]
        assert service.replay(session, run=run).identical

    def test_what_is_not_words_is_not_kept(self, session: Session, market: made.Market) -> None:
        market.best.statements[0].cpv = ["72000000"]
        session.flush()
        assert session.scalars(sa.select(FormerStatement)).all() == []


def command(engine: sa.Engine, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``engage`` in a process of its own, in another folder, with another data directory."""
    environment = {
        **os.environ,
        "DATABASE_URL": engine.url.render_as_string(hide_password=False).replace("+psycopg", ""),
        "SECRET_KEY": "a secret only for tests, long enough to pass",
        "ENGAGE_DATA_DIR": str(folder / "data"),
        "ENGAGE_EMBEDDER": "none",
    }
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "engage", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class TestCommand:
    def test_another_process_in_another_folder_with_the_cache_made_anew(
        self, committed: sa.Engine, tmp_path: Path, settings: config.Config
    ) -> None:
        with unit_of_work() as session:
            market = made.market(session)
            run = made.run(session, market)
            ref, digest = run.ref, run.list_hash
        with unit_of_work() as session:
            best = session.get_one(Supplier, market.best.id)
            best.statements[0].text = "Changed after the freeze."
        shutil.rmtree(settings.data_dir / pools.FOLDER)
        pools._shelves.clear()
        answer = command(committed, tmp_path / "elsewhere", "match", "replay", ref, "--json")
        assert (answer.returncode, answer.stderr) == (0, "")
        found = json.loads(answer.stdout)
        assert (found["identical"], found["found"], found["differences"]) == (True, digest, [])

    def test_a_difference_is_said_and_ends_with_1(self, committed: sa.Engine, tmp_path: Path) -> None:
        with unit_of_work() as session:
            run = made.run(session, made.market(session))
            run.candidates[0].band = Band.NONE
            ref = run.ref
        answer = command(committed, tmp_path / "elsewhere", "match", "replay", ref)
        assert answer.returncode == 1
        said = answer.stdout.splitlines()
        assert said[0] == f"The match {ref} does not come out as it was recorded:"
        assert said[1].startswith("  Place 1: recorded [1,")
        assert command(committed, tmp_path / "elsewhere", "match", "replay", "m-none").returncode == 2

    def test_reading_goes_on_where_it_stopped_and_says_how_far_it_is(
        self, committed: sa.Engine, tmp_path: Path
    ) -> None:
        with unit_of_work() as session:
            made.market(session)
        folder = tmp_path / "elsewhere"
        first = command(committed, folder, "match", "features")
        assert first.stdout.splitlines() == [
            "0 of 8 statements are ready to be compared.",
            "A worker reads the rest: see that one runs, or use --wait.",
        ]
        with db.reading() as session:
            waiting = sa.text("SELECT task_name FROM procrastinate_jobs WHERE task_name LIKE 'matchmaking%'")
            assert session.scalars(waiting).all() == ["matchmaking.embed"]
        with unit_of_work() as session:
            assert service.embed_some(session, limit=3) == 8
            firms.supplier(session, name="New", does="Boats.")
        answer = command(committed, folder, "match", "features", "--wait", "--json")
        assert json.loads(answer.stdout) == {"statements": 9, "read": 9, "embedded": 9, "done": True}
        with db.reading() as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(Corpus)) == 1


@pytest.mark.usefixtures("model")
def test_vectors_that_are_gone_are_named(session: Session, market: made.Market) -> None:
    run = made.run(session, market)
    session.execute(sa.delete(TextVector))
    pools._yardsticks.clear()
    found = service.replay(session, run=run)
    assert not found.identical
    with pytest.raises(NotFound):
        queries.run_by_ref(session, ref="m-none")
