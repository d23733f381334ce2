"""The jobs of mail: deliver, read what comes back, watch, and remove words whose time is over."""

from __future__ import annotations

import math
import threading
import time

import structlog
from sqlalchemy.orm import Session

from engage.kernel import jobs
from engage.kernel.db import reading, unit_of_work
from engage.kernel.settings import SettingsError, settings
from engage.outbox import queries, service
from engage.outbox.errors import Later, Never, SendError, Unreachable
from engage.outbox.service import delivery, retention
from engage.outbox.service.checking import CHECK
from engage.outbox.service.mailbox import open_mailbox
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
    while deliver_batch(seconds=math.inf):
        with reading() as session:
            if not delivery.is_due(session):
                return


def deliver_batch(*, seconds: float | None = None) -> bool:
    """Send what is due over one connection, until nothing is due or the mail server cannot be reached.

    Per letter: it is handed over outside any transaction; then one transaction marks it and claims the next. Returns
    whether the mail server could be reached.
    """
    transport = open_transport(settings().mail_transport)
    deadline = time.monotonic() + (BATCH_SECONDS if seconds is None else seconds)
    result: str | SendError = ""
    try:
        with unit_of_work() as session:
            claimed = delivery.claim(session)
        while claimed is not None:
            result = hand_over(transport, claimed)
            with unit_of_work() as session:
                delivery.settle(session, claimed, result)
                claimed = _next(session, result, deadline)
    finally:
        transport.close()
    return not isinstance(result, Unreachable)


def hand_over(transport: Transport, claimed: delivery.Claim) -> str | SendError:
    """Send one claimed letter; returns the receipt, or what went wrong. A worker that slept past its lease sends
    nothing.
    """
    if not claimed.holds:
        return Later("The worker was held up for too long before it could send this letter.")
    try:
        mail = compose(claimed.letter)
    except SettingsError as error:
        return Unreachable(str(error))  # mend the settings, then every letter goes
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one letter must not keep the others waiting
        return Never(f"The letter cannot be written as mail: {error}", by_recipient=False)
    try:
        return transport.send(mail)
    except SendError as error:
        return error


@jobs.every("*/5 * * * *", queueing_lock="outbox.read_reports")
@jobs.task("outbox.read_reports")
def read_reports(**_due: int) -> None:
    """Read the mailbox to which letters come back, and believe what it says of our letters."""
    if not settings().mail_reports:
        return
    with open_mailbox(settings().mail_reports) as mailbox:
        for key, data in mailbox.unread():
            with unit_of_work() as session:
                for report in service.read_reports(data):
                    service.take_report(session, report)
            mailbox.mark_read(key)
            if jobs.stopping.is_set():
                return


@jobs.task(CHECK)
def write_check(suppression_id: int | None) -> None:
    """Write to somebody who wants mail again, if mail to them had stopped."""
    with unit_of_work() as session:
        service.write_check(session, suppression_id=suppression_id)


@jobs.every("*/15 * * * *", queueing_lock="outbox.watch")
@jobs.task("outbox.watch")
def watch(**_due: int) -> None:
    """Say in the log, loudly enough for an alarm, what should have happened to letters and did not."""
    with reading() as session:
        for alarm in queries.alarms(session):
            log.error("mail needs looking after", what=alarm.kind, number=alarm.number, words=alarm.words)


@jobs.every("41 2 * * *", queueing_lock="outbox.empty")
@jobs.task("outbox.empty")
def empty(**_due: int) -> None:
    """Remove the words of letters whose time is over, so many in a transaction."""
    emptied = 1
    while emptied and not jobs.stopping.is_set():
        with unit_of_work() as session:
            emptied = retention.empty_some(session)


def _next(session: Session, result: str | SendError, deadline: float) -> delivery.Claim | None:
    if isinstance(result, Unreachable):
        log.warning("mail server unreachable", error=str(result))
        return None
    if jobs.stopping.is_set() or time.monotonic() > deadline:
        jobs.defer(session, deliver, once=DELIVER)
        return None
    return delivery.claim(session)
