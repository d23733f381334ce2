"""States and kinds of letters."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class LetterState(StrEnum):
    """Where a letter is on its way."""

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


TRANSITIONS: Transitions[LetterState] = {
    LetterState.HELD: frozenset({LetterState.QUEUED, LetterState.CANCELLED}),
    LetterState.QUEUED: frozenset({LetterState.SENDING, LetterState.SUPPRESSED, LetterState.CANCELLED}),
    LetterState.SENDING: frozenset({LetterState.SENT, LetterState.QUEUED, LetterState.FAILED}),
    LetterState.FAILED: frozenset({LetterState.QUEUED, LetterState.CANCELLED}),
}
