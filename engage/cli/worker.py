"""`engage worker`: run the jobs and the schedules."""

from __future__ import annotations

import importlib

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
    "engage.matchmaking.jobs",
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

    Takes SIGINT and SIGTERM: fetches nothing new, lets running jobs end, then returns. A heartbeat every ten
    seconds tells others that this worker lives.
    """
    for name in JOBS:
        importlib.import_module(name)
    engine = db.bound_to()
    address = make_url(engine.engine.url).set(drivername="postgresql")
    connector = procrastinate.PsycopgConnector(conninfo=address.render_as_string(hide_password=False))
    with jobs.app.replace_connector(connector):
        log.info("worker starts", concurrency=CONCURRENCY)
        jobs.app.run_worker(
            wait=wait,
            concurrency=CONCURRENCY,
            shutdown_graceful_timeout=GRACE_SECONDS,
            install_signal_handlers=wait,
        )
        log.info("worker has ended")
