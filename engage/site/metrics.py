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
    outcomes = Gauge(
        "engage_letters_heard_of", "Letters by what was heard of them", ["outcome"], registry=registry
    )
    for outcome, count in outbox.came_back(session).items():
        outcomes.labels(outcome=outcome.value).set(count)
    alarms = Gauge("engage_mail_alarms", "Letters that need looking after", ["kind"], registry=registry)
    for alarm in outbox.alarms(session):
        alarms.labels(kind=alarm.kind).set(alarm.number)
    stopped = Gauge("engage_addresses_without_mail", "Suppressed addresses", registry=registry)
    stopped.set(outbox.count_suppressed(session))
    waiting = Gauge(
        "engage_oldest_letter_due_seconds", "Since when a letter is due, 0: none", registry=registry
    )
    due = outbox.oldest_due(session)
    waiting.set(due.timestamp() if due else 0)
    jobs = Gauge("engage_jobs", "Jobs by state", ["state"], registry=registry)
    for status, number in session.execute(
        sa.text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
    ):
        jobs.labels(state=status).set(number)
    heartbeat = Gauge("engage_worker_heartbeat_seconds", "Last sign of life of a worker", registry=registry)
    seen = worker_seen(session)
    heartbeat.set(seen.timestamp() if seen else 0)
    return generate_latest(registry)
