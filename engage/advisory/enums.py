"""Formats and states of sessions, seats and offers to help."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class SessionFormat(StrEnum):
    """What kind of meeting it is."""

    BRIEFING = "briefing"
    ROUNDTABLE = "roundtable"
    ONE_TO_ONE = "one_to_one"
    DEMONSTRATION = "demonstration"
    WRITTEN = "written"


class SessionState(StrEnum):
    """Where a session stands."""

    SCHEDULED = "scheduled"
    HELD = "held"
    CANCELLED = "cancelled"


SESSION_TRANSITIONS: Transitions[SessionState] = {
    SessionState.SCHEDULED: frozenset({SessionState.HELD, SessionState.CANCELLED}),
}


class SeatState(StrEnum):
    """Where a seat stands."""

    OFFERED = "offered"
    CONFIRMED = "confirmed"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    RELEASED = "released"


TO_COME = (SeatState.OFFERED, SeatState.CONFIRMED)
"""A place in a session that is not recorded yet; it counts as taken."""
RECORDED = (SeatState.ATTENDED, SeatState.NO_SHOW)
"""Said who came to the session, and who did not."""

SEAT_TRANSITIONS: Transitions[SeatState] = {
    SeatState.OFFERED: frozenset({SeatState.CONFIRMED, SeatState.RELEASED}),
    SeatState.CONFIRMED: frozenset({SeatState.ATTENDED, SeatState.NO_SHOW, SeatState.RELEASED}),
    # What was recorded by mistake is corrected, and the audit trail keeps what it said before.
    SeatState.ATTENDED: frozenset({SeatState.NO_SHOW}),
    SeatState.NO_SHOW: frozenset({SeatState.ATTENDED}),
}


class WaitingState(StrEnum):
    """Where a supplier's turn on a waiting list stands."""

    WAITING = "waiting"
    PROMOTED = "promoted"
    """A place became free and was offered: see the seat."""
    LEFT = "left"


WAITING_TRANSITIONS: Transitions[WaitingState] = {
    WaitingState.WAITING: frozenset({WaitingState.PROMOTED, WaitingState.LEFT}),
}


class OfferState(StrEnum):
    """Where a supplier's offer to help stands."""

    MADE = "made"
    INVITED = "invited"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


OFFER_TRANSITIONS: Transitions[OfferState] = {
    OfferState.MADE: frozenset({OfferState.INVITED, OfferState.DECLINED, OfferState.WITHDRAWN}),
    OfferState.INVITED: frozenset({OfferState.MADE}),  # made again, after the invitation has ended
}


class AskState(StrEnum):
    """What has become of a supplier's wish for a one-to-one talk."""

    ASKED = "asked"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"


ASK_TRANSITIONS: Transitions[AskState] = {
    AskState.ASKED: frozenset({AskState.OFFERED, AskState.WITHDRAWN}),
    AskState.OFFERED: frozenset({AskState.WITHDRAWN}),
}


class Admission(StrEnum):
    """Whether who holds a place may read how to join, and what stands in the way."""

    LET_IN = "let_in"
    UNCONFIRMED = "unconfirmed"
    """They have not confirmed on entry, or have to do so again."""
    ON_HOLD = "on_hold"
    """A conflict of interest."""


class NeedState(StrEnum):
    """What has become of something that a person needs to be able to take part."""

    ASKED = "asked"
    ARRANGED = "arranged"
    NOT_POSSIBLE = "not_possible"
    """It cannot be arranged; the answer says what is done instead."""


class Part(StrEnum):
    """What somebody who came did in the session."""

    PARTICIPANT = "participant"
    PRESENTER = "presenter"
    FACILITATOR = "facilitator"
    NOTE_TAKER = "note_taker"
    OBSERVER = "observer"


class Side(StrEnum):
    """Who says how a session was."""

    ATTENDEE = "attendee"
    FACILITATOR = "facilitator"
