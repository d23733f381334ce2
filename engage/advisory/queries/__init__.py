"""Reading sessions, seats, offers, and the reasons of invitations."""

from __future__ import annotations

from engage.advisory.queries.attendance import WasThere, attendance_of, who_was_there
from engage.advisory.queries.contributions import (
    WrittenRoute,
    contribution_of,
    contributions,
    contributions_of_supplier,
    count_contributions,
    written_route,
)
from engage.advisory.queries.due import due, facilitated
from engage.advisory.queries.feedback import (
    Results,
    feedback_of_department,
    feedback_of_sessions,
    feedback_to_give,
    own_answers,
    round_of,
    sides_of,
)
from engage.advisory.queries.feeds import PersonsSessions, feed_by_handle, feed_of, sessions_of_person
from engage.advisory.queries.keeping import asked_anew, version_answered
from engage.advisory.queries.materials import PublicFile, materials_of, public_material, released_materials
from engage.advisory.queries.minutes import minutes_due_on, minutes_late
from engage.advisory.queries.needs import need_by_id, needs_of_person, needs_of_session, open_needs, own_part
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
    session_by_id,
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
    lists_to_serve,
    reserved_to_open,
    waiting_of_challenge,
    waiting_of_invitation,
)

__all__ = [
    "PersonsSessions",
    "Piece",
    "PublicChallenge",
    "PublicFile",
    "PublicSession",
    "PublicTalks",
    "Reason",
    "Results",
    "Turn",
    "WasThere",
    "Why",
    "WrittenRoute",
    "ask_of",
    "asked_anew",
    "asks_of_challenge",
    "attendance_of",
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
    "feedback_of_department",
    "feedback_of_sessions",
    "feedback_to_give",
    "free_talks",
    "lapsed_seats",
    "late_lists",
    "lists_to_serve",
    "live_offer",
    "live_seats",
    "materials_of",
    "minutes_due_on",
    "minutes_late",
    "need_by_id",
    "needs_of_person",
    "needs_of_session",
    "offer_by_id",
    "offers_of_challenge",
    "open_needs",
    "own_answers",
    "own_part",
    "own_supplier",
    "pieces",
    "public_material",
    "public_sessions",
    "public_talks",
    "released_materials",
    "reserved_to_open",
    "round_of",
    "seat_by_id",
    "seat_to_come",
    "session_by_id",
    "session_by_ref",
    "sessions_in_calendar",
    "sessions_of_challenge",
    "sessions_of_person",
    "sessions_of_supplier",
    "sessions_to_choose",
    "sides_of",
    "talks_begun",
    "terms",
    "upcoming_of_department",
    "upcoming_public_sessions",
    "version_answered",
    "volunteers",
    "waiting_of_challenge",
    "waiting_of_invitation",
    "who_was_there",
    "why",
    "written_route",
]
