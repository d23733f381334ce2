"""Who has still to say whether it keeps its place after the challenge changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engage.challenges.enums import OPEN_STATES
from engage.kernel import clock

if TYPE_CHECKING:
    from engage.advisory.models import Seat
    from engage.challenges.models import ChallengeVersion
    from engage.matchmaking.models import Invitation


def asked_anew(invitation: Invitation, seat: Seat | None) -> bool:
    """Tell whether the supplier has a question to answer: its ``seat``, if any, is in a session that has not begun."""
    return (
        invitation.reopened
        and invitation.challenge.state in OPEN_STATES
        and (seat is None or seat.session.starts_at > clock.now())
    )


def version_answered(invitation: Invitation, versions: Sequence[ChallengeVersion]) -> ChallengeVersion:
    """Return which of the published ``versions`` (oldest first) the supplier answered to last: accepted, or kept."""
    for each in versions:
        if each.number == invitation.confirmed_version:
            return each
    answered = invitation.answered_at
    known = [each for each in versions if answered and each.published_at and each.published_at <= answered]
    return known[-1] if known else versions[0]
