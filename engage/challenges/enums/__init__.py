"""The fixed values of challenges: states, routes, purposes; the questions stand in ``enums.questions``."""

from engage.challenges.enums.states import (
    OPEN_REVISION,
    OPEN_STATES,
    OVER_STATES,
    PUBLIC_STATES,
    REVISION_TRANSITIONS,
    TRANSITIONS,
    ChallengeState,
    Decision,
    EngagementPurpose,
    Listed,
    RevisionState,
    Route,
    Step,
)

__all__ = [
    "OPEN_REVISION",
    "OPEN_STATES",
    "OVER_STATES",
    "PUBLIC_STATES",
    "REVISION_TRANSITIONS",
    "TRANSITIONS",
    "ChallengeState",
    "Decision",
    "EngagementPurpose",
    "Listed",
    "RevisionState",
    "Route",
    "Step",
]
