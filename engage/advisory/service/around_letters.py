"""The letters about what stands around a session: access needs, feedback, answers in writing.

None of them says what somebody needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.advisory.models import AccessNeed, AdvisorySession, Contribution
from engage.kernel.actor import Anyone, System
from engage.kernel.settings import settings
from engage.kernel.uktime import uk_range
from engage.outbox import service as outbox


def need_asked(session: Session, *, need: AccessNeed, readers: Sequence[Person]) -> None:
    """Tell who sees to it that somebody needs something for a session, and where to read what."""
    challenge = need.session.challenge
    for person in readers:
        _post(
            session,
            "need_asked",
            person,
            need.session,
            path=f"/department/sessions/{need.session.ref}/needs",
            key=f"need:{need.id}:asked:{need.asked_at.isoformat()}:{person.id}",
            why=f"you run sessions for {challenge.organisation.name}",
            challenge=challenge.title,
        )


def need_answered(session: Session, *, sender: Anyone, need: AccessNeed) -> None:
    """Tell who asked that there is an answer, and where. It names no audience: the ledger says nothing of needs."""
    if not accounts.is_active_member(
        session, person_id=need.person_id, organisation_id=need.supplier.organisation_id
    ):
        return
    assert need.answered_at is not None
    _post(
        session,
        "need_answered",
        need.person,
        need.session,
        path=f"/supplier/sessions/{need.session.ref}/needs",
        key=f"need:{need.id}:answered:{need.answered_at.isoformat()}",
        why="you are to attend this session",
        sender=sender,
    )


def feedback_asked(
    session: Session, *, meeting: AdvisorySession, people: Sequence[Person], closes: str
) -> None:
    """Ask who came, and who ran the session, how it was; each once."""
    for person in people:
        _post(
            session,
            "feedback_asked",
            person,
            meeting,
            path=f"/sessions/{meeting.ref}/feedback",
            key=f"feedback:{meeting.ref}:{person.id}",
            why="you were in this session",
            closes=closes,
        )


def answers_sent(session: Session, *, contribution: Contribution, last_day: date | None) -> None:
    """Give who sent answers in writing, or changed them, a receipt; they can be changed until ``last_day``.

    It says when, and how many, not what: who looks after letters does not read what is written to a department.

    It names no audience: nobody is told what they did not know.
    """
    challenge, person = contribution.challenge, contribution.person
    sent_at = contribution.changed_at or contribution.sent_at
    supplier = contribution.supplier.organisation.name
    outbox.post(
        session,
        template="answers_sent",
        to=person,
        context={
            "challenge": challenge.title,
            "department": challenge.organisation.name,
            "supplier": supplier,
            "changed": contribution.changed_at is not None,
            "sent_at": sent_at,
            "asked": len(contribution.answers),
            "answered": sum(bool(one["answer"]) for one in contribution.answers),
            "last_day": last_day,
            "link": f"{settings().base_url}/challenges/{challenge.ref}/write",
        },
        dedupe_key=f"contribution:{contribution.id}:{sent_at.isoformat()}",
        why=f"You get this email because you answered in writing for {supplier}.",
        sender=System(),
    )


def _post(
    session: Session,
    template: str,
    person: Person,
    meeting: AdvisorySession,
    *,
    path: str,
    key: str,
    why: str,
    sender: Anyone | None = None,
    **more: str,
) -> None:
    outbox.post(
        session,
        template=template,
        to=person,
        context={
            "title": meeting.title,
            "when": uk_range(meeting.starts_at, meeting.ends_at),
            "link": f"{settings().base_url}{path}",
            **more,
        },
        dedupe_key=key,
        why=f"You get this email because {why}.",
        sender=sender or System(),
    )
