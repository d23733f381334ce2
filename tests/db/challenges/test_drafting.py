"""Starting a challenge and saving its answers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.audit.models import AuditEvent
from engage.challenges import service
from engage.challenges.enums import ChallengeState, Route
from engage.challenges.enums.questions import ANSWERS, BY_SLUG, QUESTIONS
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from tests.db.challenges.trail import Team, deeds
from tests.factories import accounts
from tests.factories.challenges import PME, challenge

PROBLEM = BY_SLUG["problem"]


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


def author(session: Session, **options: Any) -> Actor:
    return accounts.actor(session, Role.POLICY_AUTHOR, **options)


class TestStarting:
    def test_a_draft_has_a_reference_a_writer_and_an_audit_line(self, session: Session) -> None:
        actor = author(session)
        first = service.create_draft(session, actor=actor, title="  Fewer\nempty   seats ")
        second = service.create_draft(session, actor=actor, title="Another")
        year = clock.uk_today().year
        assert [first.ref, second.ref] == [f"ENG-{year}-0001", f"ENG-{year}-0002"]
        assert (first.title, first.state, first.organisation_id, first.writer_ids) == (
            "Fewer empty seats",
            ChallengeState.DRAFT,
            actor.organisation_id,
            [actor.person_id],
        )
        assert deeds(session, first) == ["drafted"]

    def test_one_call_makes_a_draft_with_all_its_answers(self, team: Team) -> None:
        made = team.draft(
            cpv=["60130000-8", "60130000"], region="TLC", route=Route.POLICY_EXPLORATION, purposes=["terms"]
        )
        assert (made.cpv, made.region, made.purposes) == (["60130000"], "TLC", [])

    def test_a_draft_without_a_title_is_refused(self, session: Session) -> None:
        with pytest.raises(Invalid) as refused:
            service.create_draft(session, actor=author(session), title=" ")
        assert refused.value.fields == {"title": "Enter a title"}

    @pytest.mark.parametrize("role", [Role.APPROVER, Role.FACILITATOR, Role.SUPPLIER_ADMIN, Role.AUDITOR])
    def test_only_policy_authors_start_challenges(self, session: Session, role: Role) -> None:
        with pytest.raises(NotAllowed, match="policy author"):
            service.create_draft(session, actor=accounts.actor(session, role), title="A title")

    def test_a_department_that_is_not_verified_drafts_but_does_not_submit(self, session: Session) -> None:
        waiting = accounts.new_organisation(session, state=OrganisationState.PENDING)
        actor = author(session, organisation=waiting)
        made = service.create_draft(session, actor=actor, title="A title")
        with pytest.raises(NotAllowed, match="not been verified"):
            service.submit(session, actor=actor, challenge=made)


class TestChecking:
    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("problem", "word " * 501, "The problem must be 500 words or fewer"),
            ("problem", "x" * 7501, "The problem must be 7,500 characters or fewer"),
            ("route_reason", "word " * 61, "Reason for the route must be 60 words or fewer"),
            ("cpv", ["99"], "99000000 is not in the CPV 2008 list."),
            ("region", "ZZ", "Choose a region from the list"),
            ("surprise", "x", "There is no question “surprise”"),
        ],
    )
    def test_an_answer_that_cannot_stand_is_refused_with_a_sentence(
        self, team: Team, field: str, value: object, message: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            team.draft(**{field: value})
        assert refused.value.fields == {field: message}

    def test_the_longest_answers_can_be_kept_and_searched(self, team: Team, session: Session) -> None:
        limits = {answer.field: answer.words for answer in ANSWERS.values() if answer.words}
        words = {
            field: " ".join(f"word{number}" + "é" * 6 for number in range(limit))
            for field, limit in limits.items()
        }
        title = words.pop("title")
        made = service.create_draft(session, actor=team.author, title=title, answers=words)
        assert {field: len(getattr(made, field).split()) for field in limits} == limits

    def test_every_column_of_the_text_is_asked_for_by_one_question(self) -> None:
        asked = [answer.field for question in QUESTIONS for answer in question.answers]
        assert len(asked) == len(set(asked))
        assert asked[:2] == ["title", "problem"]
        assert [
            question.slug for question in QUESTIONS if question.slug == "undecided" and question.required
        ] == ["undecided"]


class TestSaving:
    def test_an_answer_is_kept_and_its_writer_noted(self, session: Session, team: Team) -> None:
        made, colleague = team.draft(), team.join(Role.POLICY_AUTHOR)
        service.save_answers(session, actor=colleague, challenge=made, answers={"problem": " New words. "})
        assert made.problem == "New words."
        assert made.writer_ids == sorted([team.author.person_id, colleague.person_id])
        last = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert last
        assert (last.tag, last.details) == ("challenges:challenge:edited", {"answers": ["problem"]})

    def test_saving_the_same_again_leaves_no_trace(self, session: Session, team: Team) -> None:
        made, colleague = team.draft(), team.join(Role.POLICY_AUTHOR)
        service.save_answers(session, actor=colleague, challenge=made, answers={"problem": made.problem})
        assert (deeds(session, made), made.writer_ids) == (["drafted"], [team.author.person_id])

    def test_purposes_go_when_the_route_no_longer_has_them(self, session: Session, team: Team) -> None:
        made = team.draft(**PME)
        service.save_answers(
            session,
            actor=team.author,
            challenge=made,
            answers={"route": Route.POLICY_EXPLORATION, "purposes": ["terms"]},
        )
        assert (made.route, made.purposes) == (Route.POLICY_EXPLORATION, [])

    @pytest.mark.parametrize(
        "state",
        [
            state
            for state in ChallengeState
            if state not in {ChallengeState.DRAFT, ChallengeState.CHANGES_REQUESTED}
        ],
    )
    def test_nothing_is_changed_once_it_was_submitted(
        self, session: Session, team: Team, state: ChallengeState
    ) -> None:
        route = PME if state is ChallengeState.NOTICE_PENDING else {}
        made = challenge(session, organisation=team.department, state=state, **route)
        with pytest.raises(Conflict, match="cannot be changed"):
            service.save_answers(
                session, actor=team.author, challenge=made, answers={"closes_on": date(2030, 1, 1)}
            )
        session.refresh(made)
        assert made.closes_on != date(2030, 1, 1)

    def test_others_cannot_write_in_it(self, session: Session, team: Team) -> None:
        made = team.draft()
        for actor in (
            author(session),
            team.approver,
            team.join(Role.FACILITATOR),
            accounts.actor(session, Role.AUDITOR),
        ):
            with pytest.raises(NotAllowed):
                service.save_answers(session, actor=actor, challenge=made, answers={"problem": "Mine now."})
        assert made.problem != "Mine now."
