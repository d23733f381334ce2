"""Reading sessions, seats, offers, and the reasons of invitations."""

from __future__ import annotations

from engage.advisory.queries.contributions import (
    WrittenRoute,
    contribution_of,
    contributions,
    contributions_of_supplier,
    count_contributions,
    written_route,
)
from engage.advisory.queries.due import due, facilitated
from engage.advisory.queries.feeds import PersonsSessions, feed_by_handle, feed_of, sessions_of_person
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
from engage.advisory.queries.talks import (
    PublicTalks,
    ask_of,
    asks_of_challenge,
    count_talks,
    free_talks,
    public_talks,
    talks_begun,
)
from engage.advisory.queries.terms import terms
from engage.advisory.queries.waiting import (
    Turn,
    lapsed_seats,
    late_lists,
    reserved_to_open,
    waiting_of_challenge,
    waiting_of_invitation,
)

__all__ = [
    "PersonsSessions",
    "Piece",
    "PublicChallenge",
    "PublicSession",
    "PublicTalks",
    "Reason",
    "Turn",
    "Why",
    "WrittenRoute",
    "ask_of",
    "asked_anew",
    "asks_of_challenge",
    "contribution_of",
    "contributions",
    "contributions_of_supplier",
    "count_contributions",
    "count_held",
    "count_talks",
    "department_session",
    "due",
    "facilitated",
    "feed_by_handle",
    "feed_of",
    "free_talks",
    "lapsed_seats",
    "late_lists",
    "live_offer",
    "live_seats",
    "offer_by_id",
    "offers_of_challenge",
    "own_supplier",
    "pieces",
    "public_sessions",
    "public_talks",
    "reserved_to_open",
    "seat_by_id",
    "seat_to_come",
    "session_by_ref",
    "sessions_in_calendar",
    "sessions_of_challenge",
    "sessions_of_person",
    "sessions_of_supplier",
    "sessions_to_choose",
    "talks_begun",
    "terms",
    "upcoming_of_department",
    "upcoming_public_sessions",
    "version_answered",
    "volunteers",
    "waiting_of_challenge",
    "waiting_of_invitation",
    "why",
    "written_route",
]
