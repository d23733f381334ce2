"""Noticing that a run of digests should have been and was not."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from engage.digests.service.planning import count_due
from engage.kernel import clock
from engage.outbox.queries import Alarm

PATIENCE = timedelta(hours=1)
"""How long after its time a digest may still be written without anybody being told."""


def overdue(session: Session) -> Alarm | None:
    """Return an alarm when digests have been due for more than ``PATIENCE``, ``None`` when all is well.

    Measured by what was not done, not by what was tried: it also speaks when no worker has looked at all.
    """
    number = count_due(session, now=clock.now() - PATIENCE)
    if not number:
        return None
    digests = "1 digest" if number == 1 else f"{number:,} digests"
    return Alarm(
        "digests", number, f"{digests} should have been written an hour ago. Does a worker run?", None
    )
