"""A web server's configuration that takes the guard of seats away: it looks, waits a moment, and writes what it saw."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory.errors import NoPlaces
from engage.advisory.models import AdvisorySession
from engage.advisory.service import seats
from engage.challenges import service as challenges


def post_worker_init(_worker: Any) -> None:
    """Take the locks and the conditional update out of this process."""
    _replace(challenges, "lock", lambda _session, challenge: challenge)
    _replace(seats, "lock_of", lambda *_, **__: None)
    _replace(seats, "_count_up", _look_then_write)


def _replace(module: Any, name: str, by: Any) -> None:
    assert hasattr(module, name), f"the guard is not in {module.__name__}.{name} any more"
    setattr(module, name, by)


def _look_then_write(session: Session, meeting: AdvisorySession, **_: Any) -> None:
    row = sa.select(AdvisorySession.taken, AdvisorySession.places).where(AdvisorySession.id == meeting.id)
    taken, places = session.execute(row).one()
    if taken >= places:
        raise NoPlaces("There is no free place any more.")
    time.sleep(0.05)
    session.execute(
        sa.update(AdvisorySession)
        .where(AdvisorySession.id == meeting.id)
        .values(taken=taken + 1)
        .execution_options(synchronize_session=False)
    )
