"""Which challenges suppliers can be matched to."""

from __future__ import annotations

from engage.challenges.enums import ChallengeState

MATCHABLE = (
    ChallengeState.APPROVED,
    ChallengeState.NOTICE_PENDING,
    ChallengeState.PUBLISHED,
    ChallengeState.ENGAGING,
)
