"""What happens to challenges that other rooms react to."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.events import Event


@dataclass(frozen=True)
class ChallengePublished(Event):
    """A challenge became visible to everyone."""

    challenge_id: int


@dataclass(frozen=True)
class ChallengeWithdrawn(Event):
    """A challenge was withdrawn with a reason; ``was_public`` tells whether people could see it before."""

    challenge_id: int
    was_public: bool


@dataclass(frozen=True)
class ReviewRequested(Event):
    """An author submitted a text; approvers of the department should look."""

    challenge_id: int


@dataclass(frozen=True)
class ReviewDecided(Event):
    """An approver approved a text or asked for changes."""

    challenge_id: int
    review_id: int
