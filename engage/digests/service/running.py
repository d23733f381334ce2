"""Going through a run: the next batch, and the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.digests.models import DigestRun
from engage.digests.service.planning import take_turn, unfinished
from engage.digests.service.writing import BATCH, Desk, next_addresses, write_batch
from engage.kernel import clock


@dataclass(frozen=True)
class Batch:
    """The addresses that come next in a run."""

    run_id: int
    addresses: Sequence[str]


def next_batch(session: Session, *, limit: int = BATCH) -> Batch | None:
    """Return the next batch of the oldest run that is not finished; ``None`` when all are.

    Side effects: ``take_turn``; a run in which nobody is left is finished.
    """
    take_turn(session)
    for run in unfinished(session):
        addresses = next_addresses(session, run, limit=limit)
        if addresses:
            return Batch(run.id, addresses)
        run.finished_at = clock.now()
        session.flush()
    return None


def do_batch(session: Session, batch: Batch, *, desk: Desk) -> int:
    """Write the digests of a batch and step forward in its run; return how many letters came. See ``write_batch``."""
    run = _locked(session, batch.run_id)
    letters = write_batch(session, run=run, addresses=batch.addresses, desk=desk)
    pass_over(session, batch)
    return letters


def pass_over(session: Session, batch: Batch, *, failed: int = 0) -> None:
    """Step forward in a run; ``failed`` subscriptions could not be written to and stay due."""
    run = _locked(session, batch.run_id)
    run.reached = sa.func.greatest(DigestRun.reached, batch.addresses[-1])  # in the order of the database
    run.failed += failed
    session.flush()
    session.refresh(run, ["reached"])


def _locked(session: Session, run_id: int) -> DigestRun:
    return session.get_one(DigestRun, run_id, with_for_update=True)
