"""What hangs on the sessions of an engagement, for the two worlds: what people need, files, feedback, one-to-one talks."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy.orm import Session

from engage.advisory.enums import Part, SeatState
from engage.advisory.models import (
    AccessNeed,
    AdvisorySession,
    Attendance,
    FeedbackRound,
    OneToOneTerms,
    SessionMaterial,
)
from engage.challenges.enums.files import AttachmentState
from engage.challenges.models import Attachment
from engage.kernel import clock
from engage.kernel.filetypes import FileKind
from engage.matchmaking.models import Invitation
from tests.factories import advisory


def around(
    session: Session,
    *,
    held: AdvisorySession,
    coming: AdvisorySession,
    team: advisory.SupplierTeam,
    invitation: Invitation,
    slides: bytes,
) -> dict[str, list[str | int]]:
    """Let a supplier need something in one session, and have been to another that has a file; offer talks.

    Returns the names for addresses.
    """
    now = clock.now()
    need = AccessNeed(
        session=coming,
        supplier=team.supplier,
        person=team.membership.person,
        text="A lift to the room",
        asked_at=now,
    )
    seat = advisory.seat(
        session, meeting=held, team=team, invitation_row=invitation, state=SeatState.ATTENDED
    )
    came = Attendance(
        session=held,
        person=team.membership.person,
        organisation=team.supplier.organisation,
        seat=seat,
        part=Part.PARTICIPANT,
        joined_at=held.starts_at,
        left_at=held.ends_at,
        recorded_at=now,
    )
    writer = held.challenge.author_id
    file = Attachment(
        challenge_id=held.challenge_id,
        name="slides.txt",
        sha256=hashlib.sha256(slides).hexdigest(),
        size=len(slides),
        kind=FileKind.TEXT,
        data=slides,
        state=AttachmentState.CLEAN,
        held=True,
        added_by_id=writer,
        added_at=now,
        checked_at=now,
    )
    session.add_all(
        (
            need,
            came,
            SessionMaterial(
                session=held,
                attachment=file,
                name=file.name,
                added_by_id=writer,
                added_at=now,
                released_at=now,
            ),
            FeedbackRound(session=held, opened_at=now, closes_at=now + timedelta(days=10)),
            OneToOneTerms(
                challenge_id=held.challenge_id,
                minutes=30,
                questions="What would you try first?",
                ask_until=now + timedelta(days=5),
                set_at=now,
                set_by_id=writer,
            ),
        )
    )
    session.flush()
    return {"need_id": [need.id], "sha256": [file.sha256]}
