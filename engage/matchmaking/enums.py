"""States of match runs and invitations."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class RunState(StrEnum):
    """Where a match run stands; a run is never edited."""

    FROZEN = "frozen"
    MATCHED = "matched"
    RELEASED = "released"
    SUPERSEDED = "superseded"


RUN_TRANSITIONS: Transitions[RunState] = {
    RunState.FROZEN: frozenset({RunState.MATCHED, RunState.SUPERSEDED}),
    RunState.MATCHED: frozenset({RunState.RELEASED, RunState.SUPERSEDED}),
    RunState.RELEASED: frozenset({RunState.SUPERSEDED}),
}


class InvitationState(StrEnum):
    """Where an invitation stands."""

    HELD = "held"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


_I = InvitationState

INVITATION_TRANSITIONS: Transitions[InvitationState] = {
    _I.HELD: frozenset({_I.SENT, _I.WITHDRAWN}),
    _I.SENT: frozenset({_I.ACCEPTED, _I.DECLINED, _I.EXPIRED, _I.WITHDRAWN}),
    _I.ACCEPTED: frozenset({_I.DECLINED, _I.WITHDRAWN}),
    _I.DECLINED: frozenset(),
    _I.EXPIRED: frozenset(),
    _I.WITHDRAWN: frozenset(),
}


class Outcome(StrEnum):
    """What a plan says about a candidate."""

    CHOSEN = "chosen"
    ALTERNATE = "alternate"
    NOT_CHOSEN = "not_chosen"


class OverrideKind(StrEnum):
    """What a person can decide about one supplier, against or before the plan."""

    PIN = "pin"
    EXCLUDE = "exclude"


class RoundStatus(StrEnum):
    """How good a plan is: proven best, the best found in time, or impossible as asked."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"


class Origin(StrEnum):
    """How a supplier came to be invited."""

    MATCHED = "matched"
    VOLUNTEERED = "volunteered"
    ASKED = "asked"
    """It asked for a one-to-one talk, beside the plan: no volunteer, and no place of the match is its."""


class Confidence(StrEnum):
    """How much evidence a match rests on: how many statements the supplier has. No part of the score."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @classmethod
    def of(cls, statements: int) -> Confidence:
        """Return low for one statement, medium for two or three, high from four on."""
        if statements >= ENOUGH_STATEMENTS:
            return cls.HIGH
        return cls.MEDIUM if statements > 1 else cls.LOW


ENOUGH_STATEMENTS = 4


class HardRule(StrEnum):
    """What keeps a supplier out of a match before anything is scored; the first that applies is counted."""

    NOT_VERIFIED = "not_verified"
    PAUSED = "paused"
    NO_STATEMENT = "no_statement"
    NO_CAPACITY = "no_capacity"
    CONFLICT = "conflict"

    @property
    def sentence(self) -> str:
        """The rule in words, to follow the number of suppliers that it left out."""
        return _RULES[self]

    @property
    def own(self) -> str:
        """The rule as the supplier itself reads it."""
        return _OWN_RULES[self]


_RULES = {
    HardRule.NOT_VERIFIED: "not verified, or suspended",
    HardRule.PAUSED: "paused by the supplier",
    HardRule.NO_STATEMENT: "no statement of expertise that is still fresh",
    HardRule.NO_CAPACITY: "no capacity left this quarter",
    HardRule.CONFLICT: "a conflict of interest that nothing has been done about",
}
_OWN_RULES = {
    HardRule.NOT_VERIFIED: "your organisation was not verified, or it was suspended",
    HardRule.PAUSED: "you had paused invitations",
    HardRule.NO_STATEMENT: "you had no statement of expertise that was still fresh",
    HardRule.NO_CAPACITY: "you had as many invitations in that quarter as you want",
    HardRule.CONFLICT: "the rules on conflicts of interest applied",
}
