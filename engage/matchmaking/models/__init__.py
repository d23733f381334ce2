"""Tables of matchmaking, by subject."""

from __future__ import annotations

from engage.matchmaking.models.features import TextVector
from engage.matchmaking.models.invitations import Invitation
from engage.matchmaking.models.runs import MatchCandidate, MatchRun

__all__ = ["Invitation", "MatchCandidate", "MatchRun", "TextVector"]
