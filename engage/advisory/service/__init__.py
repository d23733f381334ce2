"""Running sessions, taking and giving back places, volunteering, minutes, calendar files."""

from __future__ import annotations

from engage.advisory.models.sessions import GROUP_LIMIT
from engage.advisory.service.afterwards import (
    correct_attendance,
    publish_minutes,
    record_attendance,
    save_minutes,
)
from engage.advisory.service.answers import (
    accept,
    accept_or_wait,
    decline,
    end_kept_place,
    leave_waiting_list,
    release_seat,
    release_withdrawn,
    take_kept_place,
    withdraw_all,
)
from engage.advisory.service.attendees import change_attendee
from engage.advisory.service.calendar import personal_file, public_file
from engage.advisory.service.contributions import answer_in_writing, withdraw_contribution
from engage.advisory.service.drafts import (
    can_be_prepared,
    change_draft,
    obstacles,
    prepare,
    publish_draft,
    remove_draft,
)
from engage.advisory.service.entry import confirm_entry
from engage.advisory.service.feedback import ANSWERS, QUESTIONS, forget_people, give_feedback
from engage.advisory.service.feeds import end_feed, feed_address, make_feed, read_feed
from engage.advisory.service.keeping import keep_place, reopen_acceptances
from engage.advisory.service.materials import add_material, release_materials, remove_material
from engage.advisory.service.merging import follow_merge
from engage.advisory.service.needs import answer_need, ask_need, change_need, drop_need, forget_needs
from engage.advisory.service.presence import Presence, day_of, record_official, remove_official
from engage.advisory.service.reminders import remind
from engage.advisory.service.session_details import SessionDetails, details_of
from engage.advisory.service.sessions import cancel, cancel_all, change, schedule
from engage.advisory.service.talks import (
    TalkTimes,
    ask,
    offer_talks,
    schedule_talks,
    set_terms,
    take_back,
)
from engage.advisory.service.volunteers import (
    decline_offer,
    decline_waiting,
    invite_volunteer,
    offer_help,
    withdraw_offer,
)

__all__ = [
    "ANSWERS",
    "GROUP_LIMIT",
    "QUESTIONS",
    "Presence",
    "SessionDetails",
    "TalkTimes",
    "accept",
    "accept_or_wait",
    "add_material",
    "answer_in_writing",
    "answer_need",
    "ask",
    "ask_need",
    "can_be_prepared",
    "cancel",
    "cancel_all",
    "change",
    "change_attendee",
    "change_draft",
    "change_need",
    "confirm_entry",
    "correct_attendance",
    "day_of",
    "decline",
    "decline_offer",
    "decline_waiting",
    "details_of",
    "drop_need",
    "end_feed",
    "end_kept_place",
    "feed_address",
    "follow_merge",
    "forget_needs",
    "forget_people",
    "give_feedback",
    "invite_volunteer",
    "keep_place",
    "leave_waiting_list",
    "make_feed",
    "obstacles",
    "offer_help",
    "offer_talks",
    "personal_file",
    "prepare",
    "public_file",
    "publish_draft",
    "publish_minutes",
    "read_feed",
    "record_attendance",
    "record_official",
    "release_materials",
    "release_seat",
    "release_withdrawn",
    "remind",
    "remove_draft",
    "remove_material",
    "remove_official",
    "reopen_acceptances",
    "save_minutes",
    "schedule",
    "schedule_talks",
    "set_terms",
    "take_back",
    "take_kept_place",
    "withdraw_all",
    "withdraw_contribution",
    "withdraw_offer",
]
