"""Whether who is invited now would find a session to choose, and whose place was used already.

Sessions belong to a room above: it says so by functions that the visible table in ``engage.app`` installs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy.orm import Session

Source = Callable[..., bool]
"""Called with a session and ``challenge_id``."""

Used = Callable[..., Collection[int]]
"""Called with a session and ``invitation_ids``; returns those of them whose place was used."""

_sources: list[Source] = []
_used: list[Used] = []


def wire(*sources: Source, used: Sequence[Used] = ()) -> None:
    """Install who says whether a challenge has sessions left and whose place was used, replacing what was there."""
    _sources[:] = sources
    _used[:] = used


def left(session: Session, *, challenge_id: int) -> bool:
    """Tell whether everybody who knows of sessions says that there can be one to choose; nobody knows: there can."""
    return all(source(session, challenge_id=challenge_id) for source in _sources)


def used(session: Session, *, invitation_ids: Collection[int]) -> set[int]:
    """Return those of the invitations whose place was used, so that nobody can take them back."""
    return {one for source in _used for one in source(session, invitation_ids=invitation_ids)}
