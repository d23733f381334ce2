"""What can stand in the way of taking a place or offering help."""

from __future__ import annotations

from engage.kernel.errors import Conflict


class NoPlaces(Conflict):
    """The session has no free place for this supplier any more, was cancelled, or takes nobody any longer."""


class GroupFull(Conflict):
    """Others of the supplier's corporate group have as many places as the session takes of one."""


class AlreadyOffered(Conflict):
    """The supplier has already offered to help with this challenge."""
