"""`engage worker`: run the jobs and the schedules."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import signal
from collections.abc import Callable
from typing import Any

import click
import procrastinate
import structlog
from sqlalchemy.engine import make_url

from engage.cli.work import bound
from engage.kernel import db, jobs

JOBS = (
    "engage.kernel.upkeep",
    "engage.outbox.jobs",
    "engage.accounts.jobs",
    "engage.challenges.jobs",
    "engage.suppliers.jobs",
    "engage.matchmaking.jobs",
    "engage.techmap.jobs",
    "engage.advisory.jobs",
    "engage.digests.jobs",
)
"""Every module that declares tasks."""
CONCURRENCY = 4
GRACE_SECONDS = 10.0
"""How long running jobs may take to end when the worker is told to stop; the rest run again elsewhere."""

log = structlog.get_logger()


@click.command()
@click.option("--once", is_flag=True, help="Do what waits, then end.")
def worker(once: bool) -> None:
    """Send letters, plan digests, run matches: until Ctrl-C or SIGTERM."""
    with bound():
        run(wait=not once)


def run(*, wait: bool = True) -> None:
    """Run jobs on the database that this process is bound to.

    Takes SIGINT and SIGTERM: fetches nothing new, lets running jobs come to a good end, then returns. A
    heartbeat every ten seconds tells others that this worker lives. Raises ``click.ClickException`` when the
    database is lost for good.
    """
    for name in JOBS:
        importlib.import_module(name)
    address = make_url(db.bound_to().engine.url).set(drivername="postgresql")
    connector = procrastinate.PsycopgConnector(conninfo=address.render_as_string(hide_password=False))
    with jobs.app.replace_connector(connector):
        log.info("worker starts", concurrency=CONCURRENCY)
        asyncio.run(_work(wait=wait))
    if wait and not jobs.stopping.is_set():
        raise click.ClickException(
            "the worker lost the database; start it again (engage up does so by itself)."
        )
    log.info("worker has ended")


async def _work(*, wait: bool) -> None:
    async with jobs.app.open_async():
        options: dict[str, Any] = {
            "concurrency": CONCURRENCY,
            "shutdown_graceful_timeout": GRACE_SECONDS,
            "task_middleware": [_log_failure],
        }
        work = asyncio.create_task(
            jobs.app.run_worker_async(wait=wait, install_signal_handlers=False, **options)
        )

        def stop() -> None:
            jobs.stopping.set()
            work.cancel()  # to Procrastinate this means: in order

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        with contextlib.suppress(asyncio.CancelledError):
            await work


def _log_failure(call_next: Callable[[], Any], context: procrastinate.JobContext, _worker: object) -> Any:
    """Say in the log what made a job fail, also when it is going to be tried again."""
    try:
        return call_next()
    except Exception:
        log.exception(
            "job failed", task=context.job.task_name, job=context.job.id, tried=context.job.attempts + 1
        )
        raise
