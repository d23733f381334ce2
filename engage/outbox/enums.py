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


WAITING = (LetterState.HELD, LetterState.QUEUED)
"""States of letters that nobody has begun to send."""


class CalendarMethod(StrEnum):
    """What the calendar file of a letter asks the recipient's calendar to do (RFC 5546)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


TRANSITIONS: Transitions[LetterState] = {
    LetterState.HELD: frozenset({LetterState.QUEUED, LetterState.CANCELLED}),
    LetterState.QUEUED: frozenset({LetterState.SENDING, LetterState.CANCELLED}),
    LetterState.SENDING: frozenset(
        {LetterState.SENT, LetterState.QUEUED, LetterState.FAILED, LetterState.SUPPRESSED}
    ),
    LetterState.FAILED: frozenset({LetterState.QUEUED, LetterState.CANCELLED}),
    LetterState.SUPPRESSED: frozenset({LetterState.QUEUED, LetterState.CANCELLED}),
}
