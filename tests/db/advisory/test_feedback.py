"""Feedback both ways: one answer each, shown when nobody can be recognised, and never while it moves."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.queries import actor_of
from engage.advisory import queries, service
from engage.advisory.enums import Side
from engage.advisory.models import AdvisorySession, FeedbackAnswer
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, NotFound
from tests.factories import accounts, advisory
from tests.support.records import letters

AFTER = timedelta(days=40)


def held(
    session: Session, number: int, *, challenge: Challenge | None = None
) -> tuple[AdvisorySession, list[Actor], Actor]:
    """A session with so many people who came, and who ran it."""
    challenge = challenge or advisory.open_challenge(session)
    meeting = advisory.meeting(
        session, challenge=challenge, starts_at=clock.now() - timedelta(hours=2), places=20
    )
    runner = accounts.member(session, Role.FACILITATOR, organisation=meeting.challenge.organisation)
    meeting.facilitator_id = runner.person_id
    teams = [advisory.team(session) for _ in range(number)]
    came = {advisory.seat(session, meeting=meeting, team=team).id: True for team in teams}
    actor = actor_of(runner.person, runner)
    service.record_attendance(session, actor=actor, meeting=meeting, came=came)
    return meeting, [team.actor for team in teams], actor


def say(
    session: Session, meeting: AdvisorySession, actor: Actor, *answers: int, side: Side = Side.ATTENDEE
) -> None:
    service.give_feedback(session, actor=actor, meeting=meeting, side=side, answers=answers)


def test_everybody_who_was_there_is_asked_once(session: Session) -> None:
    meeting, people, runner = held(session, 2)
    service.correct_attendance(session, actor=runner, meeting=meeting, came={})
    asked = sorted(letter.person_id or 0 for letter in letters(session, "feedback_asked"))
    assert asked == sorted([*(each.person_id for each in people), runner.person_id])


@pytest.mark.parametrize(("number", "shown"), [(4, False), (5, True)])
def test_results_need_five_answers_and_the_end(session: Session, number: int, shown: bool) -> None:
    meeting, people, _runner = held(session, 5)
    for each in people[:number]:
        say(session, meeting, each, 5, 4, 3, 2, 1)
    say(session, meeting, people[0], 4, 4, 3, 2, 1)
    assert queries.feedback_of_sessions(session, refs=[meeting.ref]) == {}
    with time_machine.travel(clock.now() + AFTER, tick=False):
        found = queries.feedback_of_sessions(session, refs=[meeting.ref])
        assert [(each.number, each.means) for each in found.values()] == (
            [(5, (4.8, 4.0, 3.0, 2.0, 1.0))] if shown else []
        )
        with pytest.raises(Conflict):
            say(session, meeting, people[0], 1, 1, 1, 1, 1)


def test_only_who_came_and_who_ran_it(session: Session) -> None:
    meeting, people, runner = held(session, 1)
    for actor, side in (
        (advisory.team(session).actor, Side.ATTENDEE),
        (runner, Side.ATTENDEE),
        (people[0], Side.FACILITATOR),
    ):
        with pytest.raises(NotFound):
            say(session, meeting, actor, 1, 1, 1, 1, 1, side=side)


def test_what_facilitators_say_is_shown_in_steps_of_five_sessions(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    department = challenge.organisation
    for number in range(6):
        other = advisory.open_challenge(session, organisation=department)
        meeting, _people, runner = held(session, 0, challenge=other)
        say(session, meeting, runner, *([5] * 5 if number < 5 else [1] * 5), side=Side.FACILITATOR)
    assert queries.feedback_of_department(session, organisation_id=department.id) is None
    with time_machine.travel(clock.now() + AFTER, tick=False):
        found = queries.feedback_of_department(session, organisation_id=department.id)
        assert found is not None
        assert (found.number, found.means) == (5, (5.0,) * 5)


def test_the_people_are_taken_out_when_the_time_is_over(session: Session) -> None:
    meeting, people, _runner = held(session, 2)
    for each in people:
        say(session, meeting, each, 5, 4, 3, 2, 1)
    assert service.forget_people(session, now=clock.now()) == 0
    assert service.forget_people(session, now=clock.now() + AFTER) == 2
    assert list(session.scalars(sa.select(FeedbackAnswer.person_id))) == [None, None]
