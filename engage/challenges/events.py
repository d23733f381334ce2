"""What happens to challenges that other rooms react to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engage.kernel.events import Event


@dataclass(frozen=True)
class ChallengePublished(Event):
    """A challenge became visible to everyone."""

    challenge_id: int


@dataclass(frozen=True)
class ChallengeWithdrawn(Event):
    """A challenge was withdrawn with a reason; ``was_public`` tells whether people could ever see it before."""

    challenge_id: int
    was_public: bool


@dataclass(frozen=True)
class ChallengeChanged(Event):
    """A new version of a public challenge took the place of the one before; ``version`` is its number.

    ``material`` tells whether the change can alter who takes part, or what they would say.
    """

    challenge_id: int
    version: int
    material: bool


@dataclass(frozen=True)
class ChallengeEndedEarly(Event):
    """An engagement ended before its closing date, with a reason that everybody reads."""

    challenge_id: int


@dataclass(frozen=True)
class PublicationFailed(Event):
    """A challenge was not published at the time set for it; who had set the time, and which it was."""

    challenge_id: int
    person_id: int
    due: datetime


@dataclass(frozen=True)
class ReviewRequested(Event):
    """An author submitted a text; approvers of the department should look."""

    challenge_id: int


@dataclass(frozen=True)
class ReviewDecided(Event):
    """An approver approved a text or asked for changes."""

    challenge_id: int
    review_id: int


@dataclass(frozen=True)
class RouteChanged(Event):
    """The legal route of an approved challenge changed; a public one is out of view until its notice is recorded."""

    challenge_id: int
    route_change_id: int


@dataclass(frozen=True)
class EngagementResumed(Event):
    """A challenge that was taken from view for its notice is public again."""

    challenge_id: int
    route_change_id: int
