"""The jobs of mail: deliver, read what comes back, watch, and remove words whose time is over."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from engage.kernel import jobs
from engage.kernel.db import bound_to, reading, unit_of_work
from engage.kernel.settings import SettingsError, settings
from engage.outbox import queries, service
from engage.outbox.errors import Later, Never, SendError, Unreachable
from engage.outbox.service import delivery, retention
from engage.outbox.service.checking import CHECK
from engage.outbox.service.circuit import Circuit
from engage.outbox.service.mailbox import open_mailbox
from engage.outbox.service.mime import compose
from engage.outbox.service.posting import DELIVER
from engage.outbox.service.transports import Transport, open_transport

log = structlog.get_logger()

BATCH_SECONDS = 20.0
"""A job ends after this long and leaves the rest to the next one, so that a worker can be stopped in order.
"""


HELP_AT = 2
"""The second letter of a batch: from here on more connections are worth their while."""

_circuit = Circuit()
_busy = threading.Lock()
_again = threading.Event()


@jobs.every("* * * * *", queueing_lock=DELIVER)
@jobs.task(DELIVER)
def deliver(**_due: int) -> None:
    """Send what is due; runs after each commit that wrote letters, and every minute.

    In one process only one job sends at a time, over few connections: a process that is killed leaves at most as many
    letters of which nobody knows whether they left. A second job only makes the first one look again, so that no
    letter waits for a minute.
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
    """Send what is due until nothing is, or the mail server cannot be reached; returns whether it could.

    One connection takes one letter after the other: it is handed over outside any transaction, then one transaction
    marks it and claims the next. Once a letter has left and another is due, more connections help, up to
    ``ENGAGE_MAIL_CONNECTIONS``: of so many letters nobody knows whether they left when the worker is killed.
    """
    batch = _Batch(time.monotonic() + (BATCH_SECONDS if seconds is None else seconds))
    # Where all sessions share one connection to the database (tests do that) nothing can go on side by side.
    most = settings().mail_connections if isinstance(bound_to(), sa.Engine) else 1
    with ThreadPoolExecutor(max_workers=max(1, most - 1), thread_name_prefix="mail") as helpers:
        try:
            for number in batch.send():
                if number == HELP_AT:
                    for _ in range(most - 1):
                        helpers.submit(copy_context().run, batch.run)
        except Exception as error:
            batch.trouble = error  # so that the others stop, too
            raise
    if batch.trouble is not None:
        raise batch.trouble
    return not batch.unreachable


@dataclass
class _Batch:
    """What is sent together: how long, and what any of its connections found out."""

    deadline: float
    unreachable: bool = False
    trouble: Exception | None = None

    def run(self) -> None:
        """Send over a connection of its own until there is nothing to do; what goes wrong is kept for the caller."""
        try:
            for _ in self.send():
                pass
        except Exception as error:  # noqa: BLE001 - raised again by the thread that began the batch
            self.trouble = error

    def send(self) -> Iterator[int]:
        """Send over one connection; give how many letters were claimed, after each claim."""
        transport = open_transport(settings().mail_transport)
        number = 0
        try:
            with unit_of_work() as session:
                claimed = delivery.claim(session)
            while claimed is not None:
                number += 1
                yield number
                result = hand_over(transport, claimed)
                result = _circuit.judge(
                    result, recipient=claimed.letter.recipient, way=settings().mail_transport
                )
                with unit_of_work() as session:
                    delivery.settle(session, claimed, result)
                    claimed = self._next(session, result)
        finally:
            transport.close()

    def _next(self, session: Session, result: str | SendError) -> delivery.Claim | None:
        if isinstance(result, Unreachable):
            log.warning("mail server unreachable", error=str(result))
            self.unreachable = True
        if self.unreachable or self.trouble is not None:
            return None
        if jobs.stopping.is_set() or time.monotonic() > self.deadline:
            jobs.defer(session, deliver, once=DELIVER)
            return None
        return delivery.claim(session)


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
    """Read the mailbox to which letters come back, and believe what it says of our letters.

    Each mail is on its own: one that engage cannot digest is logged and marked as read, or anybody could stop all
    reading by sending one. Only a database that is away ends the job: the mail is read again at the next one.
    """
    if not settings().mail_reports:
        return
    with open_mailbox(settings().mail_reports) as mailbox:
        for key, data in mailbox.unread():
            try:
                with unit_of_work() as session:
                    for report in service.read_reports(data):
                        service.take_report(session, report)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one mail must not keep the others waiting
                # Its words would be those of a stranger, with addresses in them: the mail itself stays for a person.
                log.warning("a mail that came back cannot be read", mail=key, kind=type(error).__name__)
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
