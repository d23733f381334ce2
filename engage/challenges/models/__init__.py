"""Tables of challenges."""

from __future__ import annotations

from engage.challenges.models.challenge import (
    Challenge,
    ChallengeNumber,
    ChallengeReview,
    ChallengeVersion,
    hash_of,
)
from engage.challenges.models.drafting import AnswerEdit

__all__ = [
    "AnswerEdit",
    "Challenge",
    "ChallengeNumber",
    "ChallengeReview",
    "ChallengeVersion",
    "hash_of",
]
