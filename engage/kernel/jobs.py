"""Deferred work. A job is deferred on the session's own connection, so it exists exactly if the change commits.

Tasks are declared in each room's ``jobs.py`` with ``@task``; they take ids, open their own ``unit_of_work()`` and are
idempotent, because a worker that dies has its job run again.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.orm import Session

app = procrastinate.App(connector=procrastinate.PsycopgConnector())

Task = procrastinate.tasks.Task[Any, Any, Any]

# In a worker the connector of ``app`` is asynchronous; sessions are not, so jobs are written with one of their own.
_writer = procrastinate.manager.JobManager(procrastinate.SyncPsycopgConnector())

stopping = threading.Event()
"""Set when this process has been asked to end: a job that runs for long stops at the next good moment."""


def task(
    name: str, *, queue: str = "default", tries: int = 5, **options: Any
) -> Callable[[Callable[..., Any]], Task]:
    """Declare a task. ``tries`` attempts with exponential waiting; ``options`` are Procrastinate's."""
    retry = procrastinate.RetryStrategy(max_attempts=tries, exponential_wait=4)
    return app.task(name=name, queue=queue, retry=retry, **options)


def every(cron: str, **options: Any) -> Callable[[Task], Task]:
    """Run a task periodically (UTC cron); once, however many workers there are. It is told when it was due."""
    return app.periodic(cron=cron, **options)


def defer(
    session: Session,
    task: Task | str,
    *,
    once: str | None = None,
    at: datetime | None = None,
    **arguments: Any,
) -> None:
    """Defer ``task`` inside the session's transaction: rolled back, it never was.

    ``once`` is a key: while a job with it waits, another is not added. ``at`` is the earliest moment. A service, which
    stands below its room's jobs, names the task in words.
    """
    session.flush()
    scope = session.begin_nested() if once else contextlib.nullcontext()
    with contextlib.suppress(AlreadyEnqueued), scope:
        connection = session.connection().connection.driver_connection
        options: dict[str, Any] = {"connection": connection, "queueing_lock": once, "schedule_at": at}
        deferrer = app.configure_task(task, **options) if isinstance(task, str) else task.configure(**options)
        deferrer.job_manager = _writer
        deferrer.defer(**arguments)
