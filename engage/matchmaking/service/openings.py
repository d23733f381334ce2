"""Whether who is invited now would find a session to choose.

Sessions belong to a room above: it says so by a function that the visible table in ``engage.app`` installs.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

Source = Callable[..., bool]
"""Called with a session and ``challenge_id``."""

_sources: list[Source] = []


def wire(*sources: Source) -> None:
    """Install who says whether a challenge has sessions left, replacing what was there."""
    _sources[:] = sources


def left(session: Session, *, challenge_id: int) -> bool:
    """Tell whether everybody who knows of sessions says that there can be one to choose; nobody knows: there can."""
    return all(source(session, challenge_id=challenge_id) for source in _sources)
