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


class Origin(StrEnum):
    """How a supplier came to be invited."""

    MATCHED = "matched"
    VOLUNTEERED = "volunteered"
