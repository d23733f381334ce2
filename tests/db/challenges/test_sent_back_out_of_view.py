"""A text that was public, was taken from view for its notice and sent back: only its closing date can change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engage.challenges import queries, service
from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.enums.questions import ANSWERS
from engage.challenges.models import Challenge
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict
from engage.kernel.text import sha256
from tests.db.challenges.trail import SOON, Team

_S = ChallengeState
FILE = b"Figures of the year"
LATER = SOON + timedelta(days=7)


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


@pytest.fixture
def made(session: Session, team: Team) -> Challenge:
    """A challenge with an attachment, public, out of view since its route changed, and sent back."""
    made = team.draft()
    kept = service.attach(session, actor=team.author, challenge=made, name="Figures.txt", data=FILE)
    service.settle(session, attachment_id=kept.id, refusal="")
    version = service.submit(session, actor=team.author, challenge=made)
    service.approve(session, actor=team.approver, challenge=made, content_hash=version.content_hash)
    service.publish(session, actor=team.author, challenge=made)
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


@pytest.mark.parametrize(
    "answers",
    [
        {"problem": "Other words."},
        {"region": "TLC"},
        {"closes_on": LATER, "region": "TLC"},
        {"route_reason": "Another reason."},
        {"route": Route.POLICY_EXPLORATION},
    ],
)
def test_the_answers_that_everybody_has_read_stay(
    session: Session, team: Team, made: Challenge, answers: dict[str, Any]
) -> None:
    before = made.content
    with pytest.raises(Conflict, match="only its closing date can change now"):
        service.save_answers(session, actor=team.author, challenge=made, answers=answers)
    assert (made.content, made.state) == (before, _S.CHANGES_REQUESTED)


def test_the_files_that_everybody_could_download_stay(session: Session, team: Team, made: Challenge) -> None:
    with pytest.raises(Conflict, match="only its closing date can change now"):
        service.attach(session, actor=team.author, challenge=made, name="More.txt", data=b"More")
    with pytest.raises(Conflict, match="only its closing date can change now"):
        service.detach(session, actor=team.author, challenge=made, sha256=made.attachments[0]["sha256"])
    assert [each["name"] for each in made.attachments] == ["Figures.txt"]
    assert list(queries.attachments(session, challenge=made)) == [sha256(FILE.decode())]


def test_with_another_closing_date_it_comes_back(session: Session, team: Team, made: Challenge) -> None:
    service.save_answers(session, actor=team.author, challenge=made, answers={"closes_on": LATER})
    assert (made.state, made.closes_on) == (_S.DRAFT, LATER)
    version = service.submit(session, actor=team.author, challenge=made)
    service.approve(session, actor=team.approver, challenge=made, content_hash=version.content_hash)
    service.record_notice(
        session,
        actor=team.author,
        challenge=made,
        notice_number="012345-2026",
        ocid="ocds-h6vhtk-0a1b2c",
    )
    service.publish(session, actor=team.author, challenge=made)
    assert (made.state, made.is_public) == (_S.PUBLISHED, True)
    assert service.fixed(session, challenge=made) == {*ANSWERS, "attachments"} - {"closes_on"}


def test_in_a_draft_nothing_stays_and_in_a_change_the_route(session: Session, team: Team) -> None:
    draft, public = team.draft(), team.published()
    assert service.fixed(session, challenge=draft) == frozenset()
    service.open_revision(session, actor=team.author, challenge=public)
    assert service.fixed(session, challenge=public) == {"route", "purposes", "route_reason"}
    second = team.join(Role.POLICY_AUTHOR)
    kept = service.attach(session, actor=second, challenge=public, name="More.txt", data=b"More")
    assert [each["name"] for each in public.writing.attachments] == [kept.name]
