"""Vectors are computed once for each text, in batches that last; jobs follow what happens."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from engage.challenges.enums import ChallengeState
from engage.challenges.events import ChallengePublished, ReviewRequested
from engage.kernel import events
from engage.kernel.db import unit_of_work
from engage.kernel.embedding import embedder
from engage.kernel.settings import configure
from engage.matchmaking import jobs, queries, service
from engage.matchmaking.models import MatchRun, TextVector
from engage.suppliers.events import StatementsChanged
from tests.factories import challenges
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms

MODEL = "minilm-int8"


@pytest.fixture
def model(settings: config.Config) -> Iterator[None]:
    """The language model, as in production."""
    configure(dataclasses.replace(settings, embedder=MODEL))
    yield
    configure(settings)


def kept(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(TextVector)) or 0


def waiting(session: Session) -> list[tuple[str, dict[str, object]]]:
    rows = session.execute(sa.text("SELECT task_name, args FROM procrastinate_jobs ORDER BY id"))
    return [(name, args) for name, args in rows if name.startswith("matchmaking")]


@pytest.mark.usefixtures("model")
class TestWithTheModel:
    def test_each_text_is_embedded_once(self, session: Session) -> None:
        supplier = firms.supplier(session, does="Level gauges for small rivers.")
        firms.supplier(session, does="Level gauges for small rivers.")
        assert service.count_missing(session) == 2
        assert service.embed_some(session, limit=1) == 1
        assert kept(session) == 2  # the statement and its title
        assert (service.count_missing(session), service.embed_some(session, limit=10)) == (0, 0)
        firms.statement(session, supplier, text="Lifts.")
        assert (service.embed_some(session, limit=10), kept(session)) == (1, 3)

    def test_challenges_come_first_and_only_those_that_are_on_their_way(self, session: Session) -> None:
        firms.supplier(session, does="Level gauges for small rivers.")
        challenges.challenge(session, state=ChallengeState.DRAFT)
        challenges.challenge(session, state=ChallengeState.IN_REVIEW)
        challenges.challenge(session, state=ChallengeState.PUBLISHED, title="Another")
        challenges.challenge(session, state=ChallengeState.CLOSED)
        assert [service.embed_some(session, limit=10) for _ in range(3)] == [2, 1, 0]

    def test_a_run_computes_what_is_missing_and_compares_meaning(self, session: Session) -> None:
        market = made.market(
            session, problem="Towns by streams learn too late that water is rising.", expertise=""
        )
        run = made.run(session, market)
        assert (run.embedder, made.names(run)[0]) == (MODEL, made.BEST)
        assert run.model_digest == embedder().digest
        reason = run.candidates[0].explanation["documents"][0]
        assert reason["semantic"] > 0
        assert service.count_missing(session) == 0
        before = kept(session)
        assert made.run(session, market).snapshot_hash == run.snapshot_hash
        assert kept(session) == before

    def test_the_embedder_is_opened_once(self) -> None:
        assert embedder() is embedder()

    @pytest.mark.usefixtures("committed")
    def test_a_statement_can_be_saved_while_a_long_import_runs(self) -> None:
        with unit_of_work() as slow:
            firms.supplier(slow, does="Imported.")
            events.emit(slow, StatementsChanged(1))
            slow.flush()
            with unit_of_work() as quick:
                quick.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
                firms.supplier(quick, does="Typed.")
                events.emit(quick, StatementsChanged(2))
        with unit_of_work() as session:
            assert len(waiting(session)) == 2

    def test_what_happens_defers_one_job(self, session: Session) -> None:
        for number in range(3):
            events.emit(session, StatementsChanged(number))
        events.emit(
            session, ReviewRequested(challenges.challenge(session, state=ChallengeState.IN_REVIEW).id)
        )
        for _ in range(2):
            session.commit()
        assert waiting(session) == [("matchmaking.embed", {})]


def test_without_a_model_statements_are_read_and_nothing_is_embedded(session: Session) -> None:
    firms.supplier(session, does="Level gauges for small rivers.")
    events.emit(session, StatementsChanged(1))
    session.commit()
    assert (service.count_missing(session), waiting(session)) == (1, [("matchmaking.embed", {})])
    assert [service.embed_some(session, limit=10) for _ in range(2)] == [1, 0]
    assert (service.count_missing(session), kept(session)) == (0, 0)


def test_publication_has_a_match_made_once(session: Session) -> None:
    market = made.market(session)
    for _ in range(2):
        events.emit(session, ChallengePublished(market.challenge.id))
    own = [job for job in waiting(session) if job[0] == "matchmaking.run_for"]
    assert own == [("matchmaking.run_for", {"challenge_id": market.challenge.id})]


@pytest.mark.usefixtures("committed")
class TestRunFor:
    def test_it_matches_unless_the_text_was_matched_before(self) -> None:
        with unit_of_work() as session:
            market = made.market(session)
        for _ in range(2):
            jobs.run_for(challenge_id=market.challenge.id)
        with unit_of_work() as session:
            run = queries.run_of(session, challenge_id=market.challenge.id)
            made.choose_first(session, run, 0)
        jobs.run_for(challenge_id=market.challenge.id)
        with unit_of_work() as session:
            assert [each.ref for each in session.scalars(sa.select(MatchRun))] == [run.ref]
        jobs.run_for(challenge_id=market.challenge.id, again=True)
        with unit_of_work() as session:
            assert len(session.scalars(sa.select(MatchRun)).all()) == 2

    def test_what_is_over_is_not_matched(self) -> None:
        with unit_of_work() as session:
            market = made.market(session, state=ChallengeState.CLOSED)
        jobs.run_for(challenge_id=market.challenge.id)
        with unit_of_work() as session:
            assert session.scalars(sa.select(MatchRun)).all() == []
