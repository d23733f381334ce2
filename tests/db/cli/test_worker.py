"""The worker on real jobs: a job may write further jobs, and what fails is said in the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

import config
from engage.challenges.enums import ChallengeState
from engage.cli.worker import run
from engage.digests.jobs import plan, tell
from engage.kernel import clock, jobs
from engage.kernel.db import unit_of_work
from engage.kernel.jobs import Task
from engage.kernel.settings import configure
from engage.kernel.upkeep import sweep
from tests.factories import challenges, digests


@pytest.fixture
def outbox(settings: config.Config, tmp_path: Path) -> Iterator[Path]:
    """Mail goes to this folder."""
    configure(replace(settings, mail=f"file:{tmp_path}"))
    yield tmp_path
    configure(settings)


def statuses() -> list[tuple[str, str]]:
    query = sa.text("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id")
    with unit_of_work() as session:
        return [(name, status) for name, status in session.execute(query)]


def test_planning_writes_jobs_that_write_letters_that_are_sent(committed: sa.Engine, outbox: Path) -> None:
    with unit_of_work() as session:
        digests.subscription(session)
        yesterday = clock.now() - timedelta(days=1)
        challenges.challenge(session, state=ChallengeState.PUBLISHED, published_at=yesterday)
        jobs.defer(session, plan)
    for _ in range(4):  # it ends while the last job writes another
        run(wait=False)
    assert {status for _, status in statuses()} == {"succeeded"}
    assert len(list(outbox.glob("*.eml"))) == 1


def test_a_job_that_fails_waits_and_is_said(committed: sa.Engine, outbox: Path) -> None:
    with unit_of_work() as session:
        jobs.defer(session, tell, matter="no matter", challenge_id=1, version=None, subscription_ids=[])
    with structlog.testing.capture_logs() as lines:
        run(wait=False)
    assert ("digests.tell", "todo") in statuses()
    failed = {(line["task"], line["tried"]) for line in lines if line["event"] == "job failed"}
    assert failed == {("digests.tell", 1)}


def leave_behind(task: Task, *, once: str | None = None) -> int:
    """A job that a worker had begun when it died an hour ago."""
    with unit_of_work() as session:
        jobs.defer(session, task, once=once)
        return (
            session.scalar(
                sa.text(
                    "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') "
                    "RETURNING id) UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead) "
                    "WHERE status = 'todo' RETURNING id"
                )
            )
            or 0
        )


def after_runs(job: int) -> tuple[str, int]:
    """State and tries of a job once workers have looked after it; one that ends early has left it to the next.

    The sweep is put there by hand: one that ends at once may not have come to write what is due.
    """
    query = sa.text("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = :id")
    found = ("", 0)
    for _ in range(15):
        with unit_of_work() as session:
            jobs.defer(session, sweep, once="jobs.sweep")
        run(wait=False)
        with unit_of_work() as session:
            status, attempts = session.execute(query, {"id": job}).one()
        found = (status, attempts)
        if status in {"succeeded", "aborted"}:
            break
    return found


def test_the_job_of_a_dead_worker_runs_again(committed: sa.Engine, outbox: Path) -> None:
    left = leave_behind(plan)
    assert after_runs(left) == ("succeeded", 2)


def test_the_job_of_a_dead_worker_gives_way_to_one_that_waits(committed: sa.Engine, outbox: Path) -> None:
    left = leave_behind(plan, once="key")
    with unit_of_work() as session:
        jobs.defer(session, plan, once="key", at=clock.now() + timedelta(hours=1))
    assert after_runs(left) == ("aborted", 1)
