"""The one clock. Times are aware and in UTC; people see UK time (``engage.http.filters``)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def uk_today() -> date:
    """Return today's date in the United Kingdom."""
    return now().astimezone(UK).date()
