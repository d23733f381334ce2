"""Reading sessions, seats, offers, and the reasons of invitations."""

from __future__ import annotations

from engage.advisory.queries.due import due, facilitated
from engage.advisory.queries.keeping import asked_anew, version_answered
from engage.advisory.queries.offers import (
    live_offer,
    offer_by_id,
    offers_of_challenge,
    volunteers,
)
from engage.advisory.queries.public import (
    PublicChallenge,
    PublicSession,
    count_held,
    public_sessions,
    sessions_in_calendar,
    sessions_to_choose,
    upcoming_public_sessions,
)
from engage.advisory.queries.reasons import Piece, Reason, Why, pieces, why
from engage.advisory.queries.sessions import (
    department_session,
    live_seats,
    own_supplier,
    seat_by_id,
    seat_to_come,
    session_by_ref,
    sessions_of_challenge,
    sessions_of_supplier,
    upcoming_of_department,
)
from engage.advisory.queries.waiting import Turn, lapsed_seats, waiting_of_challenge, waiting_of_invitation

__all__ = [
    "Piece",
    "PublicChallenge",
    "PublicSession",
    "Reason",
    "Turn",
    "Why",
    "asked_anew",
    "count_held",
    "department_session",
    "due",
    "facilitated",
    "lapsed_seats",
    "live_offer",
    "live_seats",
    "offer_by_id",
    "offers_of_challenge",
    "own_supplier",
    "pieces",
    "public_sessions",
    "seat_by_id",
    "seat_to_come",
    "session_by_ref",
    "sessions_in_calendar",
    "sessions_of_challenge",
    "sessions_of_supplier",
    "sessions_to_choose",
    "upcoming_of_department",
    "upcoming_public_sessions",
    "version_answered",
    "volunteers",
    "waiting_of_challenge",
    "waiting_of_invitation",
    "why",
]
