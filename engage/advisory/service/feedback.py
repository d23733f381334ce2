"""How a session was, both ways: five fixed questions to who came, five to who ran it, and numbers for answers.

Nobody reads a single answer. Results are made when the time to answer is over, so that nobody sees them move, and of
five answers or more. What facilitators say is added up over the sessions of a department in steps of five, so that
two results never differ by one session. There are no words to recognise anybody by. And when the time is over, the
people are taken out of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.accounts.models import Person
from engage.advisory import queries
from engage.advisory.enums import Side
from engage.advisory.models import AdvisorySession, Attendance, FeedbackAnswer, FeedbackRound
from engage.advisory.service import around_letters as letters
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor, System
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.uktime import from_uk, uk_time
from engage.kernel.workdays import workday_after

OPEN_FOR = 10
"""How many working days after the attendance was recorded people can answer."""
CLOSES = time(17, 0)
QUESTIONS: dict[Side, tuple[str, ...]] = {
    Side.ATTENDEE: (
        "It was clear beforehand what the session was about",
        "I could say what I wanted to say",
        "The department listened and answered openly",
        "Everyone was treated the same",
        "It was worth the time",
    ),
    Side.FACILITATOR: (
        "Those who came were prepared",
        "They kept to the problem and did not sell",
        "They said openly what does not work",
        "We understand the problem better than before",
        "We will use what we heard",
    ),
}
ANSWERS = ("Not at all", "A little", "Partly", "Mostly", "Fully")
OVER = "The time to answer is over. Nobody can change an answer any more, so that nobody can be recognised."


def open_round(session: Session, *, meeting: AdvisorySession) -> FeedbackRound:
    """Ask who came and who runs the session how it was; once each, however often this is called.

    Side effects, in order: the time to answer, unless it runs already; a letter to each. Nobody is asked after the end.
    """
    now = clock.now()
    row = {"session_id": meeting.id, "opened_at": now, "closes_at": _closes(now)}
    session.execute(postgresql.insert(FeedbackRound).values(row).on_conflict_do_nothing())
    found = session.get_one(FeedbackRound, meeting.id)
    if found.closes_at > now:
        closes = uk_time(found.closes_at)
        letters.feedback_asked(session, meeting=meeting, people=_asked(session, meeting), closes=closes)
    return found


def give_feedback(
    session: Session, *, actor: Actor, meeting: AdvisorySession, side: Side, answers: Sequence[int]
) -> None:
    """Say how a session was, or say it anew: one answer for each person, theirs to change until the time is over.

    ``answers`` are numbers from 1 to 5 in the order of the questions. Side effects: the row; an audit line that names
    nobody, the first time. Raises ``NotFound`` for who has nothing to say about it, ``Conflict`` when the time is over.
    """
    if side not in queries.sides_of(session, meeting=meeting, person_id=actor.person_id):
        raise NotFound
    query = sa.select(FeedbackRound).where(FeedbackRound.session_id == meeting.id)
    running = session.scalar(query.with_for_update(read=True).execution_options(populate_existing=True))
    if running is None or running.closes_at <= clock.now():
        raise Conflict(OVER)
    if len(answers) != len(QUESTIONS[side]) or not all(1 <= each <= len(ANSWERS) for each in answers):
        raise Invalid({"answers": "Answer all five questions"})
    row = {"session_id": meeting.id, "side": side, "person_id": actor.person_id, "answers": list(answers)}
    insert = postgresql.insert(FeedbackAnswer).values(row)
    changed: sa.sql.base.Executable = insert.on_conflict_do_update(
        index_elements=["session_id", "side", "person_id"], set_={"answers": list(answers)}
    ).returning(sa.literal_column("xmax = 0"))
    if session.scalar(changed):
        audit.record(
            session,
            actor=System("who was there"),
            tag="advisory:feedback:given",
            subject=f"session:{meeting.ref}",
            challenge=meeting.challenge.ref,
            side=side.value,
        )


def forget_people(session: Session, *, now: datetime) -> int:
    """Take the people out of the answers whose time is over, and return out of how many."""
    over = sa.select(FeedbackRound.session_id).where(FeedbackRound.closes_at <= now)
    statement = (
        sa.update(FeedbackAnswer)
        .where(FeedbackAnswer.session_id.in_(over), FeedbackAnswer.person_id.is_not(None))
        .values(person_id=None)
        .returning(FeedbackAnswer.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all())


def _closes(now: datetime) -> datetime:
    return from_uk(workday_after(now.astimezone(clock.UK).date(), OPEN_FOR), CLOSES)


def _asked(session: Session, meeting: AdvisorySession) -> list[Person]:
    came = (
        sa.select(Person)
        .join(Attendance, Attendance.person_id == Person.id)
        .where(
            Attendance.session_id == meeting.id,
            Attendance.seat_id.is_not(None),
            Person.disabled_at.is_(None),
        )
        .order_by(Person.id)
    )
    people = list(session.scalars(came))
    runs_it = meeting.facilitator
    if runs_it is not None and runs_it.disabled_at is None and runs_it not in people:
        people.append(runs_it)
    return people
