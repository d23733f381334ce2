"""Running deferred jobs inside a test, without a worker."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel import jobs


def run_waiting(session: Session, task: str) -> int:
    """Run every waiting job of ``task`` in order and take it off the queue; return how many there were."""
    waiting = sa.text(
        "SELECT id, args FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo' ORDER BY id"
    )
    rows = session.execute(waiting, {"task": task}).all()
    for job_id, arguments in rows:
        session.execute(sa.text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": job_id})
        jobs.app.tasks[task](**arguments)
    session.expire_all()
    return len(rows)
