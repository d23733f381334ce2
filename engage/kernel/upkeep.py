"""Looking after the job queue: jobs of dead workers run again, old ones are removed."""

from __future__ import annotations

import structlog
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from engage.kernel import jobs

log = structlog.get_logger()

DEAD_AFTER = 30.0
"""Seconds without a heartbeat (one every ten) after which a worker counts as dead."""
KEPT_HOURS = 24 * 14


@jobs.every("* * * * *", queueing_lock="jobs.sweep")
@jobs.task("jobs.sweep")
async def sweep(**_due: int) -> None:
    """Let the jobs of dead workers run again.

    It has a queueing lock only: with a lock, a sweep that died would keep all later ones from running.
    """
    for job in await jobs.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
        log.warning("job of a dead worker runs again", job=job.id, task=job.task_name)
        await _again(job)


async def _again(job: Job) -> None:
    manager = jobs.app.job_manager
    try:
        await manager.retry_job(job)
    except UniqueViolation:
        # Another job with the same key waits already and does the same work.
        await manager.finish_job(job, status=Status.ABORTED, delete_job=False)
    except ConnectorException as error:
        log.info("job was taken care of by another worker", job=job.id, error=str(error))


@jobs.every("17 3 * * *", queueing_lock="jobs.clean")
@jobs.task("jobs.clean")
async def clean(**_due: int) -> None:
    """Remove jobs that ended two weeks ago, whatever their end."""
    await jobs.app.job_manager.delete_old_jobs(
        nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
