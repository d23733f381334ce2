"""Publishing at the set time: a job for each, and a look every minute for what was missed."""

from __future__ import annotations

import structlog

from engage.challenges import queries, service
from engage.kernel import jobs
from engage.kernel.db import reading, unit_of_work

log = structlog.get_logger()


@jobs.task("challenges.publish_scheduled")
def publish_scheduled(challenge_id: int) -> None:
    """Publish one challenge if its time has come and it was not published or taken back meanwhile."""
    with unit_of_work() as session:
        service.publish_due(session, challenge_id=challenge_id)


@jobs.every("* * * * *", queueing_lock="challenges.publish_due")
@jobs.task("challenges.publish_due")
def publish_all_due(**_due: int) -> None:
    """Publish everything whose time has come: what a job of its own should have done, also after an outage.

    One unit of work each. One that fails does not keep the others from being published; its error is raised at
    the end, so that the job is tried again.
    """
    with reading() as session:
        due = list(queries.due_for_publication(session))
    failed: Exception | None = None
    for challenge_id in due:
        try:
            publish_scheduled(challenge_id=challenge_id)
        except Exception as error:
            log.exception("publication failed", challenge=challenge_id)
            failed = error
    if failed is not None:
        raise failed
