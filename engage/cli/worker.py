"""`engage worker`: run the jobs and the schedules."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import signal
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, LiteralString

import click
import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker
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
PAUSE_SECONDS = 1.0
"""Between losing the database and beginning again."""

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
    heartbeat every ten seconds tells others that this worker lives. When the database goes away it signs off, so that
    jobs whose end could not be written run again, and begins anew once the database is back; with ``wait`` off it
    raises ``procrastinate.exceptions.ConnectorException``.
    """
    for name in JOBS:
        importlib.import_module(name)
    address = make_url(db.bound_to().engine.url).set(drivername="postgresql")
    connector = _Connector(conninfo=address.render_as_string(hide_password=False))
    with jobs.app.replace_connector(connector):
        log.info("worker starts", concurrency=CONCURRENCY)
        asyncio.run(_work(connector, wait=wait))
    log.info("worker has ended")


class _Connector(procrastinate.PsycopgConnector):
    """Calls ``lost`` when a connection breaks: nobody knows then whether what was asked has been done."""

    lost: Callable[[], None] = staticmethod(lambda: None)

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        with self._telling():
            await super().execute_query_async(query, **arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        with self._telling():
            row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        return row

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        with self._telling():
            rows: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
        return rows

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except ConnectorException as error:
            if isinstance(error.__cause__, psycopg.OperationalError | psycopg.InterfaceError):
                self.lost()
            raise


async def _work(connector: _Connector, *, wait: bool) -> None:
    async with jobs.app.open_async():
        while not jobs.stopping.is_set():
            worker = Worker(
                jobs.app,
                wait=wait,
                concurrency=CONCURRENCY,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
                task_middleware=[_log_failure],
            )
            connector.lost = worker.stop
            _on_signal(partial(_stop, worker))
            try:
                await worker.run()  # type: ignore[no-untyped-call]  # Procrastinate leaves it untyped
            except ConnectorException:
                if not wait:
                    raise
            if not wait or jobs.stopping.is_set():
                return
            log.warning("worker lost the database and begins anew", in_seconds=PAUSE_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)


def _on_signal(stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _stop(worker: Worker) -> None:
    jobs.stopping.set()
    worker.stop()  # type: ignore[no-untyped-call]  # Procrastinate leaves it untyped


def _log_failure(call_next: Callable[[], Any], context: procrastinate.JobContext, _worker: object) -> Any:
    """Say in the log what made a job fail, also when it is going to be tried again."""
    try:
        return call_next()
    except Exception:
        log.exception(
            "job failed", task=context.job.task_name, job=context.job.id, tried=context.job.attempts + 1
        )
        raise
