"""The job that delivers letters."""

from __future__ import annotations

import math
import threading
import time

import structlog
from sqlalchemy.orm import Session

from engage.kernel import jobs
from engage.kernel.db import unit_of_work
from engage.kernel.settings import settings
from engage.outbox.errors import Later, Never, SendError, Unreachable
from engage.outbox.service import delivery
from engage.outbox.service.mime import compose
from engage.outbox.service.posting import DELIVER
from engage.outbox.service.transports import Transport, open_transport

log = structlog.get_logger()

BATCH_SECONDS = 20.0
"""A job ends after this long and leaves the rest to the next one, so that a worker can be stopped in order.
"""


_busy = threading.Lock()
_again = threading.Event()


@jobs.every("* * * * *", queueing_lock=DELIVER)
@jobs.task(DELIVER)
def deliver(**_due: int) -> None:
    """Send what is due; runs after each commit that wrote letters, and every minute.

    In one process only one job sends at a time: a process that is killed leaves at most one letter of which
    nobody knows whether it left. A second job only makes the first one look again, so that no letter waits
    for a minute.
    """
    _again.set()
    while _again.is_set() and _busy.acquire(blocking=False):
        try:
            _again.clear()
            deliver_batch()
        finally:
            _busy.release()


def deliver_everything() -> None:
    """Send what is due until nothing is, or the mail server cannot be reached. For commands, which wait for the end."""
    deliver_batch(seconds=math.inf)


def deliver_batch(*, seconds: float | None = None) -> None:
    """Send what is due over one connection, until nothing is due or the mail server cannot be reached.

    Per letter: it is handed over outside any transaction; then one transaction marks it and claims the next.
    """
    transport = open_transport(settings().mail_transport)
    deadline = time.monotonic() + (BATCH_SECONDS if seconds is None else seconds)
    try:
        with unit_of_work() as session:
            claimed = delivery.claim(session)
        while claimed is not None:
            error = hand_over(transport, claimed)
            with unit_of_work() as session:
                delivery.settle(session, claimed, error)
                claimed = _next(session, error, deadline)
    finally:
        transport.close()


def hand_over(transport: Transport, claimed: delivery.Claim) -> SendError | None:
    """Send one claimed letter; returns what went wrong. A worker that slept past its lease sends nothing."""
    if not claimed.holds:
        return Later("The worker was held up for too long before it could send this letter.")
    try:
        mail = compose(claimed.letter)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one letter must not keep the others waiting
        return Never(f"The letter cannot be written as mail: {error}")
    try:
        transport.send(mail)
    except SendError as error:
        return error
    return None


def _next(session: Session, error: SendError | None, deadline: float) -> delivery.Claim | None:
    if isinstance(error, Unreachable):
        log.warning("mail server unreachable", error=str(error))
        return None
    if jobs.stopping.is_set() or time.monotonic() > deadline:
        jobs.defer(session, deliver, once=DELIVER)
        return None
    return delivery.claim(session)
