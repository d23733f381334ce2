"""Tables of matchmaking, by subject."""

from __future__ import annotations

from engage.matchmaking.models.features import TextVector
from engage.matchmaking.models.invitations import Invitation
from engage.matchmaking.models.runs import MatchCandidate, MatchRun
from engage.matchmaking.models.selection import (
    LotteryCommitment,
    SelectionOverride,
    SelectionRound,
    SelectionRules,
)

__all__ = [
    "Invitation",
    "LotteryCommitment",
    "MatchCandidate",
    "MatchRun",
    "SelectionOverride",
    "SelectionRound",
    "SelectionRules",
    "TextVector",
]
