"""Subscriptions: topics, cadences, states."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class Topic(StrEnum):
    """What a subscription is about."""

    EVERYTHING = "everything"
    DEPARTMENT = "department"
    CAPABILITY = "capability"
    CPV = "cpv"
    REGION = "region"
    SEARCH = "search"
    NEEDS = "needs"
    """What needs the reader at their department, as the board says it: no challenges."""


class Matter(StrEnum):
    """What everyone who was told of a challenge has to hear later; the value is the name of the letter."""

    CHANGED = "challenge_changed"
    WITHDRAWN = "challenge_withdrawn"
    ENDED_EARLY = "challenge_ended_early"


class Cadence(StrEnum):
    """How often a subscription brings mail."""

    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"


class SubscriptionState(StrEnum):
    """Where a subscription stands: asked for, confirmed, ended."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


TRANSITIONS: Transitions[SubscriptionState] = {
    SubscriptionState.PENDING: frozenset({SubscriptionState.ACTIVE, SubscriptionState.ENDED}),
    SubscriptionState.ACTIVE: frozenset({SubscriptionState.ENDED}),
    SubscriptionState.ENDED: frozenset({SubscriptionState.ACTIVE}),
}

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Kind(StrEnum):
    """What a digest says of a challenge."""

    OPEN = "open"
    FINDINGS_DUE = "findings_due"
    CLOSED = "closed"
    CHANGED = "changed"
    """Its text did, materially, since the reader was told of it."""
    ENDED_EARLY = "ended_early"
    WITHDRAWN = "withdrawn"
    MINUTES = "minutes"
    """Of a session were published, with the files that came with them."""
    FILES = "files"
    """Of a session were released to everybody by themselves."""


OF_SESSIONS = (Kind.MINUTES, Kind.FILES)
NUMBERED = frozenset({Kind.CHANGED, *OF_SESSIONS})
"""What can happen to one challenge more than once: a number says which text, session or file it was."""
