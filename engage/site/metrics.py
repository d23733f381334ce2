"""The numbers an operator watches, read from the tables: letters by state, jobs by state, the worker's heartbeat."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.orm import Session

from engage.outbox import queries as outbox


def worker_seen(session: Session) -> datetime | None:
    """Return when a worker last gave a sign of life, ``None`` when there has been none."""
    found: datetime | None = session.scalar(sa.text("SELECT max(last_heartbeat) FROM procrastinate_workers"))
    return found


def exposition(session: Session) -> bytes:
    """Return the metrics as text in Prometheus' exposition format."""
    registry = CollectorRegistry()
    letters = Gauge("engage_letters", "Letters by state", ["state"], registry=registry)
    for state, count in outbox.counts(session).items():
        letters.labels(state=state.value).set(count)
    jobs = Gauge("engage_jobs", "Jobs by state", ["state"], registry=registry)
    for status, number in session.execute(
        sa.text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
    ):
        jobs.labels(state=status).set(number)
    heartbeat = Gauge("engage_worker_heartbeat_seconds", "Last sign of life of a worker", registry=registry)
    seen = worker_seen(session)
    heartbeat.set(seen.timestamp() if seen else 0)
    return generate_latest(registry)
