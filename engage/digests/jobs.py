"""The jobs that write digests."""

from __future__ import annotations

import math
import threading
import time
from datetime import datetime

import structlog
from sqlalchemy.exc import OperationalError

from engage.digests import service
from engage.digests.enums import Matter
from engage.kernel import clock, jobs
from engage.kernel.db import reading, unit_of_work

log = structlog.get_logger()

WRITE = "digests.write"
DELIVER = "outbox.deliver"
WRITE_SECONDS = 20.0
"""A job ends after this long and leaves the rest to the next one, so that a worker can be stopped in order."""

_busy = threading.Lock()


@jobs.every("* * * * *", queueing_lock="digests.plan")
@jobs.task("digests.plan")
def plan(**_due: int) -> None:
    """Open the runs that are due and have them written; one that stopped half-way goes on."""
    if open_runs(clock.now()):
        with unit_of_work() as session:
            jobs.defer(session, write, once=WRITE)


@jobs.task(WRITE)
def write() -> None:
    """Write digests of the runs that are open, for some seconds; the rest is for the next job.

    In one process only one job writes at a time.
    """
    if not _busy.acquire(blocking=False):
        return
    try:
        _, done = write_runs(seconds=WRITE_SECONDS)
    finally:
        _busy.release()
    if not done:
        with unit_of_work() as session:
            jobs.defer(session, write, once=WRITE)


@jobs.every("40 2 * * *", queueing_lock="digests.forget")
@jobs.task("digests.forget")
def forget(**_due: int) -> None:
    """Forget addresses to which nothing has gone for four weeks: never confirmed, or everything ended."""
    with unit_of_work() as session:
        service.forget(session)


@jobs.task(service.TELL)
def tell(matter: str, challenge_id: int, version: int | None, subscription_ids: list[int]) -> None:
    """Write to subscribers whose digest told of a challenge that changed or ended, and have it sent."""
    with unit_of_work() as session:
        written = service.tell_subscribers(
            session,
            matter=Matter(matter),
            challenge_id=challenge_id,
            version=version,
            subscription_ids=subscription_ids,
        )
        if written:
            jobs.defer(session, DELIVER, once=DELIVER)


@jobs.task(service.REWRITE)
def rewrite(issue_ids: list[int]) -> None:
    """Write digests anew whose letter was cancelled because a challenge in it changed or is gone."""
    with unit_of_work() as session:
        if service.rewrite(session, issue_ids=issue_ids):
            jobs.defer(session, DELIVER, once=DELIVER)


@jobs.every("*/15 * * * *", queueing_lock="digests.watch")
@jobs.task("digests.watch")
def watch(**_due: int) -> None:
    """Say in the log, loudly enough for an alarm, that digests should have been written and were not."""
    with reading() as session:
        alarm = service.overdue(session)
    if alarm is not None:
        log.error("digests need looking after", number=alarm.number, words=alarm.words)


def open_runs(now: datetime) -> int:
    """Open the runs that are due at ``now``; return how many are open."""
    with unit_of_work() as session:
        return len(service.open_runs(session, now=now))


def write_runs(*, seconds: float = math.inf) -> tuple[int, bool]:
    """Write what is open, a batch in each transaction; return how many letters came of it and whether all is done.

    A batch that fails is done again, each address by itself: one that fails does not keep the others from being
    written. Letters are sent from the first batch on.
    """
    deadline, letters, desk = time.monotonic() + seconds, 0, service.Desk(0)
    while not jobs.stopping.is_set() and time.monotonic() < deadline:
        with unit_of_work() as session:
            batch = service.next_batch(session)
        if batch is None:
            return letters, True
        if desk.run_id != batch.run_id:
            desk = service.Desk(batch.run_id)
        letters += _write(batch, desk)
    return letters, False


def _write(batch: service.Batch, desk: service.Desk) -> int:
    try:
        return _try(batch, desk)
    except OperationalError:
        raise  # the database, not the digests: the job is tried again
    except Exception:
        log.exception("digests failed together, each is tried by itself", run=batch.run_id)
    letters = failed = 0
    for address in batch.addresses:
        try:
            letters += _try(service.Batch(batch.run_id, [address]), desk)
        except OperationalError:
            raise
        except Exception:
            log.exception("digest failed", run=batch.run_id)
            failed += 1
    with unit_of_work() as session:
        service.pass_over(session, batch, failed=failed)
    return letters


def _try(batch: service.Batch, desk: service.Desk) -> int:
    """Write a batch; once more, from fresh news, when a challenge has changed meanwhile."""
    for last in (False, False, True):
        try:
            with unit_of_work() as session:
                service.take_turn(session)
                letters = service.do_batch(session, batch, desk=desk)
                if letters:
                    jobs.defer(session, DELIVER, once=DELIVER)
        except BaseException as error:
            desk.forget()  # what a transaction that was rolled back has written is not there
            if last or not isinstance(error, service.StaleNewsError):
                raise
        else:
            return letters
    raise AssertionError("the last try returns or raises")
