"""Tables of challenges."""

from __future__ import annotations

from engage.challenges.models.attachments import Attached, Attachment
from engage.challenges.models.challenge import (
    Challenge,
    ChallengeNumber,
    ChallengeReview,
    ChallengeVersion,
    hash_of,
)
from engage.challenges.models.drafting import AnswerEdit
from engage.challenges.models.fairness import EngagementStep, Justification, RouteChange
from engage.challenges.models.revision import ChallengeRevision

__all__ = [
    "AnswerEdit",
    "Attached",
    "Attachment",
    "Challenge",
    "ChallengeNumber",
    "ChallengeReview",
    "ChallengeRevision",
    "ChallengeVersion",
    "EngagementStep",
    "Justification",
    "RouteChange",
    "hash_of",
]
