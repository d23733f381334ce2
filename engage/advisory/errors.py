"""What can stand in the way of taking a place or offering help."""

from __future__ import annotations

from engage.kernel.errors import Conflict


class NoPlaces(Conflict):
    """The session has no free place any more, was cancelled, or has begun."""


class AlreadyOffered(Conflict):
    """The supplier has already offered to help with this challenge."""
