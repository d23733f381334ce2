"""What has to be known to take a place in a session, in sentences for everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engage.advisory.enums import SessionFormat
from engage.kernel.uktime import uk_time

if TYPE_CHECKING:
    from engage.advisory.models import AdvisorySession, SessionDraft
    from engage.advisory.queries.public import PublicSession


def terms(meeting: AdvisorySession | PublicSession | SessionDraft) -> list[str]:
    """Return who can take a place and until when, as far as the session says so."""
    found = []
    if meeting.reserved and meeting.reserved_until is not None:
        places = "1 place is" if meeting.reserved == 1 else f"{meeting.reserved} places are"
        until = uk_time(meeting.reserved_until)
        found.append(f"{places} for suppliers that volunteer, until {until}; then for everybody.")
    if meeting.closes_at is not None:
        found.append(f"Places can be taken until {uk_time(meeting.closes_at)}.")
    if meeting.group_limit is not None and meeting.format is not SessionFormat.ONE_TO_ONE:
        most = "one supplier" if meeting.group_limit == 1 else f"{meeting.group_limit} suppliers"
        found.append(f"At most {most} of a corporate group.")
    return found
