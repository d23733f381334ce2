"""The letters about what stands around a session: access needs, feedback. None of them says what somebody needs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.advisory.models import AccessNeed, AdvisorySession
from engage.kernel.actor import Anyone, System
from engage.kernel.settings import settings
from engage.kernel.uktime import uk_range
from engage.outbox import service as outbox


def need_asked(session: Session, *, need: AccessNeed, readers: Sequence[Person]) -> None:
    """Tell who sees to it that somebody needs something for a session, and where to read what."""
    meeting = need.session
    for person in readers:
        outbox.post(
            session,
            template="need_asked",
            to=person.email,
            to_name=person.name,
            person_id=person.id,
            context={
                "title": meeting.title,
                "when": uk_range(meeting.starts_at, meeting.ends_at),
                "challenge": meeting.challenge.title,
                "link": f"{settings().base_url}/department/sessions/{meeting.ref}/needs",
            },
            dedupe_key=f"need:{need.id}:asked:{need.asked_at.isoformat()}:{person.id}",
            why=f"You got this email because you run sessions for {meeting.challenge.organisation.name}.",
            sender=System(),
        )


def need_answered(session: Session, *, sender: Anyone, need: AccessNeed) -> None:
    """Tell who asked that there is an answer, and where. It names no audience: the ledger says nothing of needs."""
    meeting, person = need.session, need.person
    if not accounts.is_active_member(
        session, person_id=person.id, organisation_id=need.supplier.organisation_id
    ):
        return
    assert need.answered_at is not None
    outbox.post(
        session,
        template="need_answered",
        to=person.email,
        to_name=person.name,
        person_id=person.id,
        context={
            "title": meeting.title,
            "when": uk_range(meeting.starts_at, meeting.ends_at),
            "link": f"{settings().base_url}/supplier/sessions/{meeting.ref}/needs",
        },
        dedupe_key=f"need:{need.id}:answered:{need.answered_at.isoformat()}",
        why="You got this email because you are to attend this session.",
        sender=sender,
    )


def feedback_asked(
    session: Session, *, meeting: AdvisorySession, people: Sequence[Person], closes: str
) -> None:
    """Ask who came, and who ran the session, how it was; each once."""
    for person in people:
        outbox.post(
            session,
            template="feedback_asked",
            to=person.email,
            to_name=person.name,
            person_id=person.id,
            context={
                "title": meeting.title,
                "when": uk_range(meeting.starts_at, meeting.ends_at),
                "closes": closes,
                "link": f"{settings().base_url}/sessions/{meeting.ref}/feedback",
            },
            dedupe_key=f"feedback:{meeting.ref}:{person.id}",
            why="You got this email because you were in this session.",
            sender=System(),
        )
