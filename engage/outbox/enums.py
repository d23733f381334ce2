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


class Outcome(StrEnum):
    """What was heard of a letter from beyond our mail server."""

    DELIVERED = "delivered"
    NO_ADDRESS = "no_address"
    """The address does not exist, or takes no mail any more."""
    UNDELIVERED = "undelivered"
    """It was not taken for a reason that may pass: a full mailbox, a refused message."""
    COMPLAINT = "complaint"
    """The recipient called it spam."""


class SuppressionKind(StrEnum):
    """Why an address gets no mail."""

    ADDRESS = "address"
    """It does not exist, or takes no mail any more."""
    UNDELIVERED = "undelivered"
    """Too many letters in a row were not taken."""
    COMPLAINT = "complaint"
    """The recipient called a letter spam."""
    ASKED = "asked"
    """Somebody asked us by other means to write there no more."""


ASKED_FOR = frozenset(
    {
        "verify_email",
        "reset_password",
        "confirm_subscription",
        "manage_subscription",
        "find_alerts",
        "address_check",
    }
)
"""Kinds of letters that the person at the address has just asked for: one of each a day goes to a suppressed address
too, or nobody could show that it works again. What is done with the link in it ends the suppression.
"""


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
