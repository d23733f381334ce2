"""The department's page: whose turn it is, what is late, filters, one column in full, and links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Organisation
from engage.accounts.queries import actor_of
from engage.challenges import service
from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.site.board import board
from tests.factories import accounts, advisory, challenges, consultation, interests
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of

_S = ChallengeState


@dataclass
class Office:
    """A department with one member, who is everything in it, and a text that waits too long for an approver."""

    organisation: Organisation
    member: Membership
    browser: DistrustfulClient
    waiting: Challenge


@pytest.fixture
def office(session: Session, browser_of: Callable[[Membership], DistrustfulClient]) -> Office:
    own = accounts.new_organisation(session, name="Department for Seats")
    roles = (Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR)
    member = accounts.member(session, *roles, organisation=own)
    waiting = challenges.challenge(
        session, organisation=own, state=_S.IN_REVIEW, title="Waits too long", author=accounts.person(session)
    )
    waiting.submitted_at = clock.now() - timedelta(days=20)
    session.flush()
    return Office(own, member, browser_of(member), waiting)


def page(office: Office, path: str = "/department") -> str:
    answer = office.browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_it_says_whose_turn_it_is_and_what_is_late_in_words(office: Office) -> None:
    shown = page(office)
    assert "Your turn (2)" in text_of(shown)
    words = r"Read the text and decide Waits too long In approval for 1[0-4] working days Late"
    assert re.search(words, text_of(shown))
    assert f"/department/challenges/{office.waiting.ref}/review" in links(shown)


def test_with_nothing_to_do_it_says_so(
    session: Session, browser_of: Callable[[Membership], DistrustfulClient]
) -> None:
    empty = browser_of(accounts.member(session, Role.POLICY_AUTHOR)).get("/department")
    assert "Nothing waits for you." in text_of(empty.get_data(as_text=True))


@pytest.mark.parametrize(
    ("choice", "titles"),
    [
        ("all", {"Waits too long", "Somebody else's draft", "Mine"}),
        ("mine", {"Waits too long", "Mine"}),
        ("late", {"Waits too long"}),
        ("nonsense", {"Waits too long", "Somebody else's draft", "Mine"}),
    ],
)
def test_the_board_narrows_to_mine_and_to_late(
    session: Session, office: Office, choice: str, titles: set[str]
) -> None:
    challenges.challenge(session, organisation=office.organisation, title="Somebody else's draft")
    challenges.challenge(session, organisation=office.organisation, title="Mine", author=office.member.person)
    shown = page(office, f"/department?show={choice}")
    cards = text_of(shown).split("Where everything stands")[1]
    known = {"Waits too long", "Somebody else's draft", "Mine"}
    assert {title for title in known if f"{title} " in cards.replace("Mine Late", "")} == titles


def test_a_long_column_leads_to_all_of_it(session: Session, office: Office) -> None:
    for number in range(22):
        challenges.challenge(
            session, organisation=office.organisation, state=_S.CLOSED, title=f"Over {number:02}"
        )
    assert "Show all 22" in text_of(page(office))
    first, second = (page(office, f"/department/board/closed?page={number}") for number in (1, 2))
    assert (first.count("Over "), second.count("Over ")) == (20, 2)
    assert office.browser.get("/department/board/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/department", "/department/board/closed"])
def test_it_is_for_departments(browser_as: Callable[..., DistrustfulClient], path: str) -> None:
    assert browser_as(Role.SUPPLIER_ADMIN).get(path).status_code == 403


def test_nothing_of_other_departments_is_shown(
    session: Session, browser_of: Callable[[Membership], DistrustfulClient], office: Office
) -> None:
    stranger = browser_of(accounts.member(session, Role.POLICY_AUTHOR, Role.APPROVER))
    for path in ("/department", "/department/board/approval"):
        assert "Waits too long" not in stranger.get(path).get_data(as_text=True)


def test_everything_that_waits_leads_to_a_page_that_opens(session: Session, office: Office) -> None:
    who = actor_of(office.member.person, office.member)
    own: dict[str, Any] = {"organisation": office.organisation}
    challenges.challenge(session, **own, author=office.member.person)
    challenges.challenge(session, **own, state=_S.APPROVED)
    challenges.challenge(session, **own, state=_S.NOTICE_PENDING, **challenges.PME)
    challenges.challenge(session, **own, state=_S.FINDINGS_DUE)
    running = challenges.challenge(session, **own, state=_S.ENGAGING)
    held = advisory.meeting(session, challenge=running, starts_at=clock.now() - timedelta(days=3))
    advisory.seat(session, meeting=held)
    team = advisory.team(session)
    consultation.question(session, challenge=running, team=team)
    advisory.offer(session, challenge=running, team=team)
    declared = interests.declared(session, interests.official(session, running))
    interests.proposed(session, running, declared)
    service.open_revision(session, actor=who, challenge=running)
    other = accounts.actor(session, Role.POLICY_AUTHOR, organisation=office.organisation)
    public = challenges.challenge(session, **own, state=_S.PUBLISHED)
    service.propose_route(
        session,
        actor=other,
        challenge=public,
        to=Route.PRELIMINARY_MARKET_ENGAGEMENT,
        purposes=[EngagementPurpose.REQUIREMENTS],
        reason="A purchase has become likely.",
    )
    session.commit()
    found = board(session, actor=who).your_turn
    assert len({item.what.split(":", maxsplit=1)[0] for item in found}) == 13
    answers = {item.path: office.browser.get(item.path).status_code for item in found}
    assert {path: status for path, status in answers.items() if status != 200} == {}
