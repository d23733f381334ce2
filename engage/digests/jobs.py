"""The jobs that write digests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from engage.digests import service
from engage.digests.enums import Matter
from engage.kernel import clock, jobs
from engage.kernel.db import reading, unit_of_work

log = structlog.get_logger()

CHUNK = 200


@jobs.every("*/5 * * * *", queueing_lock="digests.plan")
@jobs.task("digests.plan")
def plan(**_due: int) -> None:
    """Find the subscriptions that are due and have their digests written, so many at a time."""
    ids = find_due(clock.now())
    for first in range(0, len(ids), CHUNK):
        with unit_of_work() as session:
            jobs.defer(session, write, subscription_ids=ids[first : first + CHUNK])


@jobs.task("digests.write")
def write(subscription_ids: list[int]) -> None:
    """Write the digests of these subscriptions that are still due, and have them sent."""
    write_all(subscription_ids, now=clock.now())


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
            jobs.defer(session, "outbox.deliver", once="outbox.deliver")


def find_due(now: datetime) -> list[int]:
    """Return the ids of the subscriptions that are due at ``now``."""
    with reading() as session:
        return list(service.due_subscriptions(session, now=now))


def write_all(subscription_ids: Sequence[int], *, now: datetime) -> int:
    """Write the digests that are due at ``now``, one unit of work each; return how many letters came of it.

    One that fails does not keep the others from being written; its error is raised at the end, so that the
    job is tried again.
    """
    letters, failed = 0, None
    for subscription_id in subscription_ids:
        try:
            with unit_of_work() as session:
                issue = service.write_digest(session, subscription_id=subscription_id, now=now)
        except Exception as error:
            log.exception("digest failed", subscription=subscription_id)
            failed = error
        else:
            letters += issue is not None and issue.letter_id is not None
    if letters:
        with unit_of_work() as session:
            jobs.defer(session, "outbox.deliver", once="outbox.deliver")
    if failed is not None:
        raise failed
    return letters
