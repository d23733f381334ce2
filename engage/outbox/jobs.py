"""The job that delivers letters."""

from __future__ import annotations

import time

import structlog

from engage.kernel import jobs
from engage.kernel.db import unit_of_work
from engage.kernel.settings import settings
from engage.outbox.errors import SendError, Unreachable
from engage.outbox.service import delivery
from engage.outbox.service.mime import compose
from engage.outbox.service.posting import DELIVER
from engage.outbox.service.transports import Transport, open_transport

log = structlog.get_logger()

BATCH = 100
BATCH_SECONDS = 20.0
"""A job ends after this long and leaves the rest to the next one, so that a worker can be stopped in order.
"""


@jobs.every("* * * * *", queueing_lock=DELIVER)
@jobs.task(DELIVER)
def deliver(**_due: int) -> None:
    """Send what is due over one connection; runs after each commit that wrote letters, and every minute.

    Stops when nothing is due or the mail server cannot be reached; the next minute tries again.
    """
    transport = open_transport(settings().mail_transport)
    deadline = time.monotonic() + BATCH_SECONDS
    try:
        for _ in range(BATCH):
            if not deliver_one(transport) or time.monotonic() > deadline:
                break
        else:
            deliver_more()
    finally:
        transport.close()


def deliver_more() -> None:
    """Have another job go on."""
    with unit_of_work() as session:
        jobs.defer(session, deliver, once=DELIVER)


def deliver_one(transport: Transport) -> bool:
    """Send the next letter; returns whether it is worth going on.

    Three transactions: claim, (the mail is handed over outside any transaction), mark.
    """
    with unit_of_work() as session:
        claimed = delivery.claim(session)
    if claimed is None:
        return False
    if not claimed.holds:
        return True
    try:
        transport.send(compose(claimed.letter))
    except SendError as error:
        with unit_of_work() as session:
            delivery.not_sent(session, claimed, error)
        if isinstance(error, Unreachable):
            log.warning("mail server unreachable", error=str(error))
        return not isinstance(error, Unreachable)
    with unit_of_work() as session:
        delivery.sent(session, claimed)
    return True
