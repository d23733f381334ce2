"""A draft that begins with an earlier challenge: its answers, and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from engage.challenges import queries, service
from engage.challenges.enums import ChallengeState
from engage.challenges.enums.questions import ROUTE_ANSWERS
from engage.challenges.models import Challenge
from engage.kernel.actor import Role
from engage.kernel.errors import Invalid, NotAllowed
from tests.db.challenges.trail import SOON, Team, deeds, told
from tests.factories.challenges import ANSWERS, PME, challenge

_S = ChallengeState
ANSWERED = ("title", "problem", "why_now", "affected", "done_so_far", "undecided", "constraints", "questions")
ROUTE = {"route": ANSWERS["route"], "route_reason": ANSWERS["route_reason"]}
EMPTY: dict[str, object] = {
    "notice_number": None,
    "ocid": None,
    "notice_recorded_at": None,
    "closes_on": None,
    "route": None,
    "purposes": [],
    "route_reason": "",
    "submitted_by_id": None,
    "submitted_at": None,
    "approved_by_id": None,
    "approved_at": None,
    "approved_hash": None,
    "publish_at": None,
    "scheduled_by_id": None,
    "published_at": None,
    "closed_at": None,
    "withdrawn_at": None,
    "withdrawn_reason": None,
    "ended_early_reason": None,
    "attachments": [],
    "source": None,
    "source_ref": None,
    "reviews": [],
    "versions": [],
}


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


def of(session: Session, team: Team, state: ChallengeState) -> Challenge:
    values = PME if state is _S.NOTICE_PENDING else {}
    return challenge(session, state=state, organisation=team.department, **values)


@pytest.mark.parametrize("state", list(ChallengeState))
def test_the_answers_come_along_and_nothing_else(session: Session, team: Team, state: ChallengeState) -> None:
    source = of(session, team, state)
    source.region = "TLC"
    made = service.copy_challenge(session, actor=team.author, source=source)
    assert (made.state, made.ref != source.ref) == (_S.DRAFT, True)
    fields = (*ANSWERED, "expertise", "cpv", "region")
    assert [getattr(made, field) for field in fields] == [getattr(source, field) for field in fields]
    assert {field: getattr(made, field) for field in EMPTY} == EMPTY
    assert (made.author_id, set(made.writer_ids)) == (
        team.author.person_id,
        {team.author.person_id, source.author_id},
    )
    assert (made.copied_from, made.organisation_id) == (source, team.department.id)
    assert (deeds(session, made), told(session, made)) == (["drafted", "copied"], [])


def test_what_is_left_open_is_asked_before_submission(session: Session, team: Team) -> None:
    made = service.copy_challenge(session, actor=team.author, source=of(session, team, _S.CLOSED))
    assert sorted(service.unfit(made)) == ["closes_on", "route", "route_reason"]
    assert {"route", "purposes", "route_reason"} == ROUTE_ANSWERS


def test_of_a_text_that_is_being_changed_the_published_one_is_copied(session: Session, team: Team) -> None:
    source = team.published()
    service.open_revision(session, actor=team.author, challenge=source)
    service.save_answers(session, actor=team.author, challenge=source, answers={"problem": "Not public."})
    made = service.copy_challenge(session, actor=team.author, source=source)
    assert made.problem == source.problem != "Not public."


def test_whose_words_they_are_is_remembered_from_copy_to_copy(session: Session, team: Team) -> None:
    first, second, third = (team.join(Role.POLICY_AUTHOR, Role.APPROVER) for _ in range(3))
    source = service.create_draft(session, actor=first, title="Fewer empty seats", answers=ANSWERS)
    service.save_answers(session, actor=first, challenge=source, answers={"closes_on": SOON})
    version = service.submit(session, actor=first, challenge=source)
    service.approve(session, actor=team.approver, challenge=source, content_hash=version.content_hash)
    service.publish(session, actor=first, challenge=source)
    # A change of it by somebody else: the challenge itself names only those who wrote the change.
    service.open_revision(session, actor=second, challenge=source)
    service.save_answers(session, actor=second, challenge=source, answers={"why_now": "The contract ends."})
    changed = service.submit_revision(
        session, actor=second, challenge=source, material=False, reason="Shorter."
    )
    service.approve_revision(
        session,
        actor=team.approver,
        challenge=source,
        content_hash=changed.content_hash,
        version_read=changed.number,
    )
    service.publish_revision(session, actor=second, challenge=source)
    assert source.writer_ids == [second.person_id]

    made = service.copy_challenge(session, actor=team.author, source=source)
    again = service.copy_challenge(session, actor=team.author, source=made)
    for copy in (made, again):
        assert set(copy.writer_ids) == {each.person_id for each in (team.author, first, second)}
        service.save_answers(session, actor=team.author, challenge=copy, answers={"closes_on": SOON, **ROUTE})
        text = service.submit(session, actor=team.author, challenge=copy)
        for writer in (first, second):
            with pytest.raises(NotAllowed, match="somebody else has to approve it"):
                service.approve(session, actor=writer, challenge=copy, content_hash=text.content_hash)
        service.approve(session, actor=third, challenge=copy, content_hash=text.content_hash)


def test_only_authors_of_the_same_department_copy(session: Session, team: Team) -> None:
    source = of(session, team, _S.CLOSED)
    for actor in (team.approver, team.join(Role.FACILITATOR), Team(session).author):
        with pytest.raises(NotAllowed, match="Only policy authors of the department can copy"):
            service.copy_challenge(session, actor=actor, source=source)


def test_an_answer_that_breaks_todays_rules_is_named(session: Session, team: Team) -> None:
    source = challenge(session, organisation=team.department, problem="word " * 501)
    with pytest.raises(Invalid, match="The problem must be 500 words or fewer"):
        service.copy_challenge(session, actor=team.author, source=source)


def test_the_departments_challenges_are_on_offer_newest_first(session: Session, team: Team) -> None:
    made = [of(session, team, state) for state in (_S.CLOSED, _S.WITHDRAWN, _S.DRAFT)]
    of(session, Team(session), _S.CLOSED)
    offered = queries.earlier(session, organisation_id=team.department.id)
    assert [each.ref for each in offered] == [each.ref for each in reversed(made)]
    assert len(queries.earlier(session, organisation_id=team.department.id, limit=2)) == 2
