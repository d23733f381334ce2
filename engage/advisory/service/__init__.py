"""Running sessions, taking and giving back places, volunteering, minutes, calendar files."""

from __future__ import annotations

from engage.advisory.service.afterwards import publish_minutes, record_attendance, save_minutes
from engage.advisory.service.answers import accept, decline, release_seat, release_withdrawn, withdraw_all
from engage.advisory.service.calendar import personal_file, public_file
from engage.advisory.service.sessions import SessionDetails, cancel, cancel_all, change, schedule
from engage.advisory.service.volunteers import (
    decline_offer,
    decline_waiting,
    invite_volunteer,
    offer_help,
    withdraw_offer,
)

__all__ = [
    "SessionDetails",
    "accept",
    "cancel",
    "cancel_all",
    "change",
    "decline",
    "decline_offer",
    "decline_waiting",
    "invite_volunteer",
    "offer_help",
    "personal_file",
    "public_file",
    "publish_minutes",
    "record_attendance",
    "release_seat",
    "release_withdrawn",
    "save_minutes",
    "schedule",
    "withdraw_all",
    "withdraw_offer",
]
