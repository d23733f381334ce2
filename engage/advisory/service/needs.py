"""What people need to be able to take part: asked, changed, arranged, and forgotten afterwards.

It is about health. The words stand in the row and nowhere else: not in letters, which outlive it, not in the audit
trail, which does not even name who asked, and the ledger has no line of it. The row is deleted with its words.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Person
from engage.advisory import queries
from engage.advisory.enums import NeedState, SeatState, SessionState, WaitingState
from engage.advisory.models import AccessNeed, AdvisorySession, Seat, WaitingPlace
from engage.advisory.service import around_letters as letters
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone, System
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from engage.kernel.text import required_text

LONGEST, MOST = 500, 10
KEPT = timedelta(days=30)
"""How long what was asked is kept after the session; until then something can still be said about it."""
ASKER = System("who attends")
"""In the audit trail: that somebody needs something, never who."""


def ask_need(session: Session, *, actor: Actor, meeting: AdvisorySession, text: str) -> AccessNeed:
    """Ask for something that ``actor``, who is to attend ``meeting`` or waits for a place, needs to take part.

    Side effects, in order: the session's row is locked, the need, an audit line without a name or words, a letter to
    who runs the session, without words. Raises ``NotAllowed`` for who does not attend, ``Conflict`` when the session
    was cancelled or has begun, ``Invalid`` (``text``).
    """
    meeting = _lock(session, meeting.id)
    supplier_id = queries.own_part(session, meeting=meeting, actor=actor)
    if supplier_id is None:
        raise NotAllowed("Only who is to attend this session can say what they need.")
    _check_open(meeting)
    words = _words(text)
    held = queries.needs_of_person(session, session_id=meeting.id, person_id=actor.person_id)
    for each in held:
        if each.text == words:
            return each
    if len(held) >= MOST:
        raise Invalid({"text": f"You have said {MOST} things already. Change one of them instead."})
    need = AccessNeed(
        session=meeting,
        supplier_id=supplier_id,
        person_id=actor.person_id,
        text=words,
        state=NeedState.ASKED,
        answer="",
        asked_at=clock.now(),
    )
    session.add(need)
    session.flush()
    _record(session, ASKER, need, "asked")
    letters.need_asked(session, need=need, readers=_readers(session, need))
    return need


def change_need(session: Session, *, actor: Actor, need: AccessNeed, text: str) -> AccessNeed:
    """Say in other words what one needs; it is open again, whatever was answered before. The same words change nothing.

    Side effects and errors as in ``ask_need``.
    """
    need = _own(session, actor, need)
    words = _words(text)
    if words == need.text:
        return need
    need.text, need.state, need.answer = words, NeedState.ASKED, ""
    need.asked_at, need.answered_at = clock.now(), None
    session.flush()
    _record(session, ASKER, need, "changed")
    letters.need_asked(session, need=need, readers=_readers(session, need))
    return need


def drop_need(session: Session, *, actor: Actor, need: AccessNeed) -> None:
    """Take back what one asked for: it is deleted. Side effects: the row, an audit line. Raises as ``change_need``."""
    need = _own(session, actor, need)
    _record(session, ASKER, need, "taken_back")
    session.delete(need)
    session.flush()


def answer_need(
    session: Session,
    *,
    actor: Actor,
    need: AccessNeed,
    state: NeedState,
    answer: str,
    owner_id: int | None,
    asked_at: datetime | None = None,
) -> AccessNeed:
    """Say what was arranged, or what is done instead, and who sees to it.

    ``asked_at`` is that of the words that were read. Side effects, in order: the row is locked, its state, answer and
    owner, an audit line without words, a letter to who asked, without words, when there is an answer. Raises
    ``Conflict`` when other words were asked meanwhile, ``Invalid`` (``answer``, ``owner``).
    """
    need = _lock_need(session, need)
    if asked_at is not None and asked_at != need.asked_at:
        raise Conflict("What is needed was said in other words meanwhile. Read it again.")
    words = answer.strip()
    if state is NeedState.NOT_POSSIBLE and not words:
        raise Invalid({"answer": "Say what is done instead"})
    if len(words) > LONGEST:
        raise Invalid({"answer": f"The answer must be {LONGEST} characters or fewer"})
    owners = _owners(session, need)
    if owner_id is not None and owner_id not in owners:
        raise Invalid({"owner": "Choose somebody who runs sessions of your department"})
    answered = (state, words) != (need.state, need.answer) and state is not NeedState.ASKED
    need.owner_id, need.state = owner_id, state
    need.answer = "" if state is NeedState.ASKED else words
    need.answered_at = None if state is NeedState.ASKED else clock.now()
    session.flush()
    _record(session, actor, need, state.value)
    if answered:
        letters.need_answered(session, sender=actor, need=need)
    return need


def forget_needs(session: Session, *, now: datetime) -> int:
    """Delete what nobody has to know any more, with its words, and return how many.

    What was asked for a session that ended ``KEPT`` ago or was cancelled, and by people who gave up their place.
    """
    over = sa.or_(AdvisorySession.ends_at < now - KEPT, AdvisorySession.state == SessionState.CANCELLED)
    old = sa.exists().where(AdvisorySession.id == AccessNeed.session_id, over)
    seat = sa.exists().where(
        Seat.session_id == AccessNeed.session_id,
        Seat.person_id == AccessNeed.person_id,
        Seat.state != SeatState.RELEASED,
    )
    waits = sa.exists().where(
        WaitingPlace.session_id == AccessNeed.session_id,
        WaitingPlace.person_id == AccessNeed.person_id,
        WaitingPlace.state == WaitingState.WAITING,
    )
    gone = sa.delete(AccessNeed).where(sa.or_(old, ~seat & ~waits)).returning(AccessNeed.id)
    return len(session.scalars(gone.execution_options(synchronize_session=False)).all())


def _lock(session: Session, meeting_id: int) -> AdvisorySession:
    query = sa.select(AdvisorySession).where(AdvisorySession.id == meeting_id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()


def _lock_need(session: Session, need: AccessNeed) -> AccessNeed:
    query = sa.select(AccessNeed).where(AccessNeed.id == need.id)
    found = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound("This was taken back meanwhile.")
    return found


def _own(session: Session, actor: Actor, need: AccessNeed) -> AccessNeed:
    meeting = _lock(session, need.session_id)
    need = _lock_need(session, need)
    if need.person_id != actor.person_id:
        raise NotFound
    _check_open(meeting)
    return need


def _check_open(meeting: AdvisorySession) -> None:
    if meeting.state is not SessionState.SCHEDULED or meeting.starts_at <= clock.now():
        raise Conflict(f"“{meeting.title}” was cancelled or has begun, so nothing can be arranged any more.")


def _words(text: str) -> str:
    return required_text(
        text, field="text", missing="Say what you need", longest=LONGEST, called="What you need"
    )


def _owners(session: Session, need: AccessNeed) -> dict[int, Person]:
    people = queries.who_can_run(session, organisation_id=need.session.challenge.organisation_id)
    return {person.id: person for person in people}


def _readers(session: Session, need: AccessNeed) -> list[Person]:
    """Return who is told: the owner, else who runs the session, else everybody who could."""
    owners = _owners(session, need)
    for chosen in (need.owner_id, need.session.facilitator_id):
        if chosen in owners:
            return [owners[chosen]]
    return list(owners.values())


def _record(session: Session, actor: Anyone, need: AccessNeed, deed: str) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:need:{deed}",
        subject=f"session:{need.session.ref}",
        challenge=need.session.challenge.ref,
        need=need.id,
    )
