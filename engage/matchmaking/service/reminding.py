"""Reminders of invitations that nobody has answered and that end soon."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from engage.kernel import uktime
from engage.matchmaking import queries
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import letters

DAYS_BEFORE = 3
AT = time(9, 0)
"""When they go out, by UK clocks."""
NEWS_FOR = timedelta(days=2)
"""Who was invited within the two days before knows of it, and is not reminded."""


def due_at(invitation: Invitation) -> datetime:
    """Return the moment of the reminder: 9am, UK time, three days before the last day to answer."""
    assert invitation.expires_at is not None, "what was sent has a last moment"
    day = uktime.to_uk(invitation.expires_at).date() - timedelta(days=DAYS_BEFORE)
    return uktime.from_uk(day, AT)


def remind_of_invitations(session: Session, *, now: datetime) -> int:
    """Write the reminders that are due and return how many letters there are.

    Once for each invitation and last moment to answer; not to who was invited within the two days before, not after an
    answer, and not while the challenge is not open. Safe to run late, twice and at once. Side effects: letters.
    """
    written = 0
    for invitation in queries.to_remind(session, moment=now, until=now + timedelta(days=DAYS_BEFORE + 1)):
        assert invitation.sent_at is not None
        due = due_at(invitation)
        if due <= now and invitation.sent_at <= due - NEWS_FOR and invitation.challenge.is_open:
            written += letters.remind(session, invitation=invitation)
    return written
