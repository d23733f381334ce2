"""The rules of one-to-one talks: after an open session, the same length and questions, offered to every asker."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries
from engage.advisory.enums import AskState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession, OneToOneAsk, OneToOneTerms
from engage.challenges.models import Challenge
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking.models import Invitation

if TYPE_CHECKING:
    from engage.advisory.service.session_details import SessionDetails

OPEN_FORMATS = (SessionFormat.BRIEFING, SessionFormat.ROUNDTABLE, SessionFormat.DEMONSTRATION)
"""Sessions to which everybody could come, and whose minutes go to everybody."""
NOT_YET = (
    "One-to-one talks come after an open session: hold a briefing, a roundtable or a demonstration first, and record "
    "who came, so that nobody learns alone what has not been said to all."
)
STAYS = (
    "A one-to-one talk stays one, and no other session becomes one: other suppliers can come. Cancel it and schedule "
    "another session"
)


def terms_of(session: Session, *, challenge_id: int) -> OneToOneTerms | None:
    """Return on what terms a challenge offers one-to-one talks, or ``None``."""
    return session.get(OneToOneTerms, challenge_id, populate_existing=True)


def open_session_held(session: Session, *, challenge_id: int) -> bool:
    """Tell whether an open session of a challenge has been held."""
    query = sa.select(AdvisorySession.id).where(
        AdvisorySession.challenge_id == challenge_id,
        AdvisorySession.format.in_(OPEN_FORMATS),
        AdvisorySession.state == SessionState.HELD,
    )
    return session.scalar(query.limit(1)) is not None


def check_time(
    session: Session,
    *,
    challenge: Challenge,
    details: SessionDetails,
    meeting: AdvisorySession | None = None,
) -> None:
    """Raise ``Invalid`` unless a one-to-one talk keeps to the terms that everybody was told; others pass.

    ``meeting`` is the session as it stands: no talk becomes another session, or the other way round, because of each
    it was said who can come. A talk of a time before there were terms stays as it is.
    """
    talk = details.format is SessionFormat.ONE_TO_ONE
    if meeting is not None and talk is not (meeting.format is SessionFormat.ONE_TO_ONE):
        raise Invalid({"format": STAYS})
    if not talk:
        return
    terms = terms_of(session, challenge_id=challenge.id)
    if terms is None:
        if meeting is not None:
            return
        first = "Say first on what terms they are offered, under “One-to-one talks”"
        held = open_session_held(session, challenge_id=challenge.id)
        raise Invalid({"format": f"One-to-one talks are offered to everyone. {first}" if held else NOT_YET})
    if details.ends_at - details.starts_at != timedelta(minutes=terms.minutes):
        raise Invalid({"length": f"Every one-to-one talk takes {terms.minutes} minutes, the same for all"})
    if details.places != 1:
        raise Invalid({"places": "A one-to-one talk has one place: schedule one talk for each supplier"})
    if details.agenda != terms.questions:
        raise Invalid(
            {"agenda": "The questions are the same for all, as they were announced: leave them as they are"}
        )


def check_offered(session: Session, *, meeting: AdvisorySession, invitation: Invitation) -> None:
    """Raise ``Conflict`` unless the supplier of ``invitation`` was offered a talk and has had none, if it is one."""
    if meeting.format is not SessionFormat.ONE_TO_ONE:
        return
    if terms_of(session, challenge_id=meeting.challenge_id) is None:
        return
    if not was_offered(session, challenge_id=meeting.challenge_id, supplier_id=invitation.supplier_id):
        raise Conflict(
            "One-to-one talks are for the suppliers that asked for one in time: every one of them was offered a talk. "
            "You can put everything in writing, and choose another session."
        )
    held = queries.talk_of(session, challenge_id=meeting.challenge_id, supplier_id=invitation.supplier_id)
    if held is not None:
        raise Conflict(
            "Every supplier that asked has one talk, and you have yours. You can choose another session."
        )


def check_enough(session: Session, *, challenge_id: int) -> None:
    """Raise ``Conflict`` unless there is a free talk for everybody who was offered one and has not chosen."""
    if queries.free_talks(session, challenge_id=challenge_id) < 0:
        raise Conflict(
            "Every supplier that asked was offered a talk, and without this one there are too few. "
            "Schedule another talk first, then cancel this one."
        )


def was_offered(session: Session, *, challenge_id: int, supplier_id: int) -> bool:
    """Tell whether a supplier asked for a talk and was offered one."""
    query = sa.select(OneToOneAsk.id).where(
        OneToOneAsk.challenge_id == challenge_id,
        OneToOneAsk.supplier_id == supplier_id,
        OneToOneAsk.state == AskState.OFFERED,
    )
    return session.scalar(query.limit(1)) is not None
