"""The decision of an approver, and what cannot be written any more: what two clicks and stale pages do."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from engage.challenges import queries, service
from engage.challenges.enums import ChallengeState, Decision, EngagementPurpose, RevisionState, Route
from engage.challenges.models import Challenge, ChallengeVersion
from tests.db.challenges.trail import Team
from tests.factories import challenges
from tests.support.html import links, text_of
from tests.web.challenges.conftest import Department

_S = ChallengeState
WORDS = "Read twice, nothing to add."


def in_state(session: Session, department: Department, state: ChallengeState) -> Challenge:
    own = department.organisation
    return challenges.challenge(session, state=state, organisation=own, author=department.writing.person)


def decisions(session: Session, challenge: Challenge) -> list[Decision]:
    return [each.decision for each in queries.reviews(session, challenge_id=challenge.id)]


def test_a_second_click_on_approve_takes_nothing_back(department: Department, session: Session) -> None:
    made = in_state(session, department, _S.IN_REVIEW)
    page = f"/department/challenges/{made.ref}/review"
    approval = {"decision": "approved", "reasons": WORDS, "content_hash": made.content_hash}
    assert department.approver.post(page, data=approval).status_code == 303
    second = department.approver.post(page, data=approval)
    assert (second.status_code, "already approved" in text_of(second.text)) == (409, True)
    session.refresh(made)
    assert (made.state, decisions(session, made)) == (_S.APPROVED, [Decision.APPROVED])


def test_nor_does_one_of_a_changed_text(department: Department, session: Session) -> None:
    made = in_state(session, department, _S.PUBLISHED)
    team = Team(session, department=department.organisation)
    service.open_revision(session, actor=team.author, challenge=made)
    service.save_answers(session, actor=team.author, challenge=made, answers={"problem": "Two in five."})
    version = service.submit_revision(
        session, actor=team.author, challenge=made, material=False, reason="New figures."
    )
    page = f"/department/challenges/{made.ref}/review"
    approval = {
        "decision": "approved",
        "reasons": WORDS,
        "content_hash": version.content_hash,
        "version": version.number,
    }
    assert department.approver.post(page, data=approval).status_code == 303
    assert department.approver.post(page, data=approval).status_code == 409
    session.expire_all()
    assert made.open_revision is not None
    assert made.open_revision.state is RevisionState.APPROVED
    assert decisions(session, made) == [Decision.APPROVED]


def test_the_same_text_with_another_reason_is_read_again(department: Department, session: Session) -> None:
    made = in_state(session, department, _S.PUBLISHED)
    team = Team(session, department=department.organisation)
    service.open_revision(session, actor=team.author, challenge=made)
    service.save_answers(session, actor=team.author, challenge=made, answers={"problem": "Two in five."})
    first = service.submit_revision(
        session, actor=team.author, challenge=made, material=True, reason="New figures."
    )
    own = f"/department/challenges/{made.ref}"
    shown = department.approver.get(f"{own}/review").text
    assert f'name="version" type="hidden" value="{first.number}"' in shown
    service.send_revision_back(session, actor=team.approver, challenge=made, reasons="Is it material?")
    second = service.submit_revision(
        session, actor=team.author, challenge=made, material=False, reason="A typo."
    )
    assert first.content_hash == second.content_hash
    approval = {"decision": "approved", "content_hash": first.content_hash, "version": first.number}
    for stale in (approval, {**approval, "version": ""}, {**approval, "version": "9" * 30}):
        refused = department.approver.post(f"{own}/review", data=stale)
        assert (refused.status_code, "not the one you read" in text_of(refused.text)) == (409, True)
    assert decisions(session, made) == [Decision.CHANGES_REQUESTED]
    read = {**approval, "version": second.number}
    assert department.approver.post(f"{own}/review", data=read).status_code == 303


@pytest.mark.parametrize("revised", [False, True])
def test_reasons_go_back_with_the_text_they_are_about(
    department: Department, session: Session, revised: bool
) -> None:
    team = Team(session, department=department.organisation)
    made = in_state(session, department, _S.PUBLISHED if revised else _S.IN_REVIEW)
    if revised:
        service.open_revision(session, actor=team.author, challenge=made)
        write(session, team, made, "Two in five.")
    first = queries.latest_version(session, challenge_id=made.id)
    back = service.send_revision_back if revised else service.request_changes
    back(session, actor=team.approver, challenge=made, reasons="Say more.")
    second = write(session, team, made, "Three in five.")
    assert first
    page = f"/department/challenges/{made.ref}/review"

    def answer(read: ChallengeVersion) -> int:
        words = {"decision": "changes_requested", "reasons": "Two in five of what?"}
        sent = {**words, "content_hash": read.content_hash, "version": read.number}
        return department.approver.post(page, data=sent).status_code

    assert answer(first) == 409
    assert len(decisions(session, made)) == 1
    assert answer(second) == 303


def write(session: Session, team: Team, made: Challenge, problem: str) -> ChallengeVersion:
    service.save_answers(session, actor=team.author, challenge=made, answers={"problem": problem})
    if made.open_revision is None:
        return service.submit(session, actor=team.author, challenge=made)
    return service.submit_revision(
        session, actor=team.author, challenge=made, material=False, reason="New figures."
    )


@pytest.fixture
def sent_back(department: Department, session: Session) -> Challenge:
    """A challenge that was public, is out of view since its route changed, and was sent back."""
    made = in_state(session, department, _S.ENGAGING)
    team = Team(session, department=department.organisation)
    change = service.propose_route(
        session,
        actor=team.author,
        challenge=made,
        to=Route.PRELIMINARY_MARKET_ENGAGEMENT,
        purposes=[EngagementPurpose.TERMS],
        reason="A procurement is planned now.",
    )
    service.make_route_change(session, actor=team.approver, change=change)
    service.request_changes(session, actor=team.approver, challenge=made, reasons="It closes too early.")
    return made


def test_what_everybody_has_read_has_no_page_to_change_it(
    department: Department, sent_back: Challenge
) -> None:
    own, words = f"/department/challenges/{sent_back.ref}", "so only its closing date can change now"
    shown = department.author.get(f"{own}/check").text
    assert words in text_of(shown)
    changes = {
        link for link in links(shown) if "/edit/" in link or link.partition("?")[0].endswith("/attachments")
    }
    assert changes == {f"{own}/edit/when-and-where?from=check"}
    assert department.author.get(f"{own}/edit/when-and-where").status_code == 200
    for page in ("edit/problem", "edit/route", "attachments"):
        refused = department.author.get(f"{own}/{page}")
        assert (refused.status_code, words in text_of(refused.text)) == (409, True)
