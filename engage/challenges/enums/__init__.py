"""The fixed values of challenges: states, routes, purposes; the questions stand in ``enums.questions``."""

from engage.challenges.enums.states import (
    OPEN_STATES,
    PUBLIC_STATES,
    TRANSITIONS,
    ChallengeState,
    Decision,
    EngagementPurpose,
    Listed,
    Route,
    Step,
)

__all__ = [
    "OPEN_STATES",
    "PUBLIC_STATES",
    "TRANSITIONS",
    "ChallengeState",
    "Decision",
    "EngagementPurpose",
    "Listed",
    "Route",
    "Step",
]
