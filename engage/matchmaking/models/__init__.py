"""Tables of matchmaking, by subject."""

from __future__ import annotations

from engage.matchmaking.models.features import (
    Corpus,
    FormerStatement,
    MatchPool,
    StatementReading,
    TextVector,
)
from engage.matchmaking.models.invitations import Invitation, Wave
from engage.matchmaking.models.runs import MatchCandidate, MatchRun
from engage.matchmaking.models.selection import (
    LotteryCommitment,
    SelectionOverride,
    SelectionRound,
    SelectionRules,
)

__all__ = [
    "Corpus",
    "FormerStatement",
    "Invitation",
    "LotteryCommitment",
    "MatchCandidate",
    "MatchPool",
    "MatchRun",
    "SelectionOverride",
    "SelectionRound",
    "SelectionRules",
    "StatementReading",
    "TextVector",
    "Wave",
]
