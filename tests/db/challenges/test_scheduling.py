"""Publication at a set time: once, in the name of who set it, only of the text approved, or given up and said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage import app
from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership
from engage.audit.models import AuditEvent
from engage.challenges import jobs, queries, service
from engage.challenges.enums import ChallengeState
from engage.challenges.events import ChallengePublished
from engage.challenges.models import Challenge
from engage.kernel import clock, events
from engage.kernel.actor import Role
from engage.kernel.db import new_session, unit_of_work
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.kernel.uktime import uk_time
from engage.ledger.models import Disclosure
from tests.db.challenges.trail import Team, deeds, letters, listening, told
from tests.factories import accounts
from tests.factories.challenges import NOTICE, PME
from tests.support.queue import run_waiting

_S = ChallengeState
HOUR = timedelta(hours=1)


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


def arranged(session: Session, team: Team, **answers: object) -> Challenge:
    """An approved challenge that goes public in an hour."""
    made = team.approved(**answers)
    if made.state is _S.NOTICE_PENDING:
        service.record_notice(session, actor=team.author, challenge=made, **NOTICE)
    service.schedule(session, actor=team.author, challenge=made, at=clock.now() + HOUR)
    return made


def columns(made: Challenge) -> tuple[object, ...]:
    return made.publish_at, made.scheduled_by_id, made.scheduled_at, made.scheduled_hash


class TestSetting:
    def test_it_is_kept_with_who_when_and_for_which_text(self, session: Session, team: Team) -> None:
        made = team.approved()
        at = clock.now() + HOUR
        service.schedule(session, actor=team.approver, challenge=made, at=at)
        assert (made.state, made.publish_at, made.scheduled_by_id) == (
            _S.APPROVED,
            at,
            team.approver.person_id,
        )
        assert made.scheduled_hash == made.approved_hash
        assert deeds(session, made)[-1] == "scheduled"
        queued = session.execute(
            sa.text("SELECT args, scheduled_at FROM procrastinate_jobs WHERE task_name = :name"),
            {"name": "challenges.publish_scheduled"},
        ).all()
        assert queued == [({"challenge_id": made.id}, at)]

    def test_it_can_be_changed_and_taken_back(self, session: Session, team: Team) -> None:
        made = arranged(session, team)
        later = clock.now() + 5 * HOUR
        service.schedule(session, actor=team.approver, challenge=made, at=later)
        assert (made.publish_at, made.scheduled_by_id) == (later, team.approver.person_id)
        service.cancel_schedule(session, actor=team.author, challenge=made)
        assert (columns(made), made.state, made.schedule_ended) == ((None,) * 4, _S.APPROVED, None)
        assert deeds(session, made)[-3:] == ["scheduled", "rescheduled", "schedule_cancelled"]
        with pytest.raises(Conflict, match="No time is set"):
            service.cancel_schedule(session, actor=team.author, challenge=made)

    @pytest.mark.parametrize(
        ("ahead", "words"),
        [
            (timedelta(0), "has passed: choose a time in the future"),
            (-HOUR, "has passed: choose a time in the future"),
            (timedelta(days=366), "Choose a day within a year"),
            (timedelta(days=31), "The challenge closes on"),
        ],
    )
    def test_a_moment_that_makes_no_sense_is_refused(
        self, session: Session, team: Team, ahead: timedelta, words: str
    ) -> None:
        made = team.approved()
        with (
            time_machine.travel(clock.now(), tick=False),
            pytest.raises(Invalid, match=words) as refused,
        ):
            service.schedule(session, actor=team.author, challenge=made, at=clock.now() + ahead)
        assert (list(refused.value.fields), made.publish_at) == (["day"], None)

    def test_the_closing_day_itself_will_do(self, session: Session, team: Team) -> None:
        made = team.approved()
        assert made.closes_on
        at = datetime.combine(made.closes_on, datetime.min.time(), tzinfo=UTC) + 12 * HOUR
        service.schedule(session, actor=team.author, challenge=made, at=at)
        assert made.publish_at == at

    def test_a_pme_needs_its_notice_first(self, session: Session, team: Team) -> None:
        made = team.approved(**PME)
        with pytest.raises(Conflict, match="Record the notice from Find a Tender first"):
            service.schedule(session, actor=team.author, challenge=made, at=clock.now() + HOUR)
        assert made.publish_at is None

    @pytest.mark.parametrize("role", [Role.FACILITATOR, Role.POLICY_AUTHOR])
    def test_who_may_not_publish_may_not_set_a_time(self, session: Session, team: Team, role: Role) -> None:
        made = team.approved()
        other = team.join(role) if role is Role.FACILITATOR else accounts.actor(session, role)
        with pytest.raises(NotAllowed):
            service.schedule(session, actor=other, challenge=made, at=clock.now() + HOUR)

    def test_the_database_keeps_no_time_for_a_text_that_is_not_approved(
        self, session: Session, team: Team
    ) -> None:
        made = arranged(session, team)
        made.state = _S.IN_REVIEW
        with pytest.raises(IntegrityError, match="scheduled_while_approved"):
            session.flush()

    def test_the_database_keeps_no_half_of_it(self, session: Session, team: Team) -> None:
        made = arranged(session, team)
        made.scheduled_by_id = None
        with pytest.raises(IntegrityError, match="schedule_is_whole"):
            session.flush()


class TestTheMoment:
    @pytest.mark.parametrize("answers", [{}, PME])
    def test_it_does_what_publishing_does(
        self, session: Session, team: Team, answers: dict[str, object]
    ) -> None:
        made = arranged(session, team, **answers)
        due = made.publish_at
        assert due
        with time_machine.travel(due + timedelta(seconds=1)), listening(ChallengePublished) as heard:
            assert service.publish_due(session, challenge_id=made.id) is True
            assert service.publish_due(session, challenge_id=made.id) is False
        assert (made.state, columns(made)) == (_S.PUBLISHED, (None,) * 4)
        assert heard == [ChallengePublished(challenge_id=made.id)]
        assert told(session, made) == [(f"version:{made.ref}/1", "everyone", made.approved_hash)]
        line = session.scalars(
            sa.select(AuditEvent).where(AuditEvent.tag == "challenges:challenge:published")
        ).one()
        assert (line.actor_id, line.details["scheduled"]) == (team.author.person_id, due.isoformat())

    def test_not_a_second_earlier(self, session: Session, team: Team) -> None:
        made = arranged(session, team)
        assert made.publish_at
        with time_machine.travel(made.publish_at - timedelta(seconds=1), tick=False):
            assert queries.due_for_publication(session) == []
            assert service.publish_due(session, challenge_id=made.id) is False
        assert made.state is _S.APPROVED

    def test_publishing_by_hand_before_ends_it(self, session: Session, team: Team) -> None:
        made = arranged(session, team)
        due = made.publish_at
        assert due
        service.publish(session, actor=team.approver, challenge=made)
        with time_machine.travel(due + HOUR):
            assert service.publish_due(session, challenge_id=made.id) is False
        assert deeds(session, made).count("published") == 1

    @pytest.mark.parametrize("deed", ["sent back", "withdrawn"])
    def test_sending_back_and_withdrawing_end_it(self, session: Session, team: Team, deed: str) -> None:
        made = arranged(session, team)
        due = made.publish_at
        assert due
        if deed == "sent back":
            service.request_changes(session, actor=team.approver, challenge=made, reasons="Too short.")
            said = f"It is not published on {uk_time(due)}: an approver sent the text back."
            assert made.schedule_ended == said
        else:
            service.withdraw(session, actor=team.author, challenge=made, reason="The policy changed.")
        with time_machine.travel(due + HOUR):
            assert service.publish_due(session, challenge_id=made.id) is False
        assert (columns(made), made.is_public) == ((None,) * 4, False)

    def test_a_text_approved_after_the_time_was_set_is_not_published_by_it(
        self, session: Session, team: Team
    ) -> None:
        made = arranged(session, team)
        due = made.publish_at
        assert due
        service.request_changes(session, actor=team.approver, challenge=made, reasons="Too short.")
        service.save_answers(session, actor=team.author, challenge=made, answers={"problem": "Another."})
        service.submit(session, actor=team.author, challenge=made)
        service.approve(session, actor=team.approver, challenge=made, content_hash=made.content_hash)
        with time_machine.travel(due + HOUR):
            assert service.publish_due(session, challenge_id=made.id) is False
        assert (made.state, told(session, made)) == (_S.APPROVED, [])

    def test_the_hash_is_looked_at_at_the_moment(self, session: Session, team: Team) -> None:
        made = arranged(session, team)
        due = made.publish_at
        assert due
        made.scheduled_hash = "0" * 64  # as if the approval had been exchanged behind the services' back
        session.flush()
        with time_machine.travel(due + HOUR):
            assert service.publish_due(session, challenge_id=made.id) is False
        assert (made.state, told(session, made)) == (_S.APPROVED, [])
        assert made.schedule_ended
        assert "the approval is no longer the one for which the time was set" in made.schedule_ended


class TestGivingUp:
    def check(self, session: Session, made: Challenge, words: str) -> list[tuple[str, str]]:
        due = made.publish_at
        assert due
        before = len(letters(session))
        with time_machine.travel(due + timedelta(minutes=1)):
            assert service.publish_due(session, challenge_id=made.id) is False
            assert service.publish_due(session, challenge_id=made.id) is False
        assert (made.state, columns(made), told(session, made)) == (_S.APPROVED, (None,) * 4, [])
        assert made.schedule_ended == f"It was not published on {uk_time(due)}: {words}."
        assert deeds(session, made)[-1] == "schedule_failed"
        return letters(session)[before:]

    def test_who_left_the_department_publishes_nothing(self, session: Session, team: Team) -> None:
        made = arranged(session, team)
        left = session.get_one(Membership, team.author.membership_id)
        left.ended_at = clock.now()
        session.flush()
        words = f"{team.author.person_name}, who set the time, no longer acts for {team.department.name}"
        written = self.check(session, made, words)
        assert written == [("publication_failed", team.approver.email)]  # not to who left

    def test_nor_who_lost_the_role(self, session: Session, team: Team) -> None:
        made = arranged(session, team)
        session.get_one(Membership, team.author.membership_id).roles = [Role.FACILITATOR.value]
        session.flush()
        words = f"{team.author.person_name}, who set the time, is neither a policy author nor an approver any more"
        written = self.check(session, made, words)
        assert written == [
            ("publication_failed", team.author.email),
            ("publication_failed", team.approver.email),
        ]

    def test_nor_anybody_of_a_suspended_department(self, session: Session, team: Team) -> None:
        made = arranged(session, team)
        team.department.state = OrganisationState.SUSPENDED
        session.flush()
        words = f"{team.department.name} is not verified at the moment"
        assert len(self.check(session, made, words)) == 2

    def test_nor_a_text_whose_closing_date_passed_during_an_outage(
        self, session: Session, team: Team
    ) -> None:
        made = arranged(session, team)
        assert made.closes_on
        with time_machine.travel(datetime.combine(made.closes_on, datetime.min.time(), UTC) + 48 * HOUR):
            assert service.publish_due(session, challenge_id=made.id) is False
        assert made.schedule_ended
        assert "The closing date passed on" in made.schedule_ended

    def test_an_error_that_is_no_refusal_leaves_the_time_as_it_is(self, session: Session, team: Team) -> None:
        made = arranged(session, team)
        due = made.publish_at
        assert due

        def fail(_session: Session, _event: events.Event) -> None:
            raise RuntimeError("the disk is full")

        events.wire({ChallengePublished: [fail]})
        try:
            with time_machine.travel(due + HOUR), pytest.raises(RuntimeError), session.begin_nested():
                service.publish_due(session, challenge_id=made.id)
        finally:
            events.wire(app.REACTIONS)
        session.refresh(made)
        assert (made.state, made.publish_at) == (_S.APPROVED, due)


@pytest.mark.usefixtures("committed")
class TestJobs:
    def scene(self) -> tuple[int, datetime]:
        with unit_of_work() as session:
            made = arranged(session, Team(session))
            assert made.publish_at
            return made.id, made.publish_at

    def test_the_job_publishes_at_its_moment(self) -> None:
        challenge_id, due = self.scene()
        with time_machine.travel(due), new_session() as session:
            assert run_waiting(session, "challenges.publish_scheduled") == 1
            assert queries.by_id(session, challenge_id).state is _S.PUBLISHED

    def test_what_was_missed_is_published_at_once_by_whichever_comes_first(self) -> None:
        challenge_id, due = self.scene()
        ready = Barrier(4)

        def look(_number: int) -> None:
            ready.wait()
            jobs.publish_all_due()

        with time_machine.travel(due + 9 * HOUR), ThreadPoolExecutor(4) as pool:
            list(pool.map(look, range(4)))
        with new_session() as session:
            made = queries.by_id(session, challenge_id)
            assert made.state is _S.PUBLISHED
            lines = session.scalars(sa.select(Disclosure.fact)).all()
            assert lines == [f"version:{made.ref}/1"]
            assert deeds(session, made).count("published") == 1
