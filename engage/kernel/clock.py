"""The one clock. Times are aware and in UTC; people see UK time (``engage.http.filters``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")

_as_of: ContextVar[datetime | None] = ContextVar("engage_as_of", default=None)


def now() -> datetime:
    """Return the present moment, aware, in UTC; inside ``as_of`` the moment given there."""
    return _as_of.get() or datetime.now(UTC)


def uk_today() -> date:
    """Return today's date in the United Kingdom."""
    return now().astimezone(UK).date()


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Let the code inside believe that it is ``moment`` (aware): for replays with ``--as-of`` and for demo data."""
    token = _as_of.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _as_of.reset(token)
