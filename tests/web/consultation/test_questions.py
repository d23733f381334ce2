"""Asking and answering on the pages; who asked stays between the asker and the department."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership
from engage.challenges.models import Challenge
from engage.consultation.enums import QuestionState
from engage.consultation.models import Question
from engage.kernel import clock
from engage.kernel.actor import Role
from tests.factories import accounts, advisory, consultation
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.statements import selects

Browser = Callable[[Membership], DistrustfulClient]


def runner(session: Session, challenge: Challenge, role: Role = Role.FACILITATOR) -> Membership:
    return accounts.member(session, role, organisation=challenge.organisation)


def test_from_question_to_answer_and_nothing_names_the_asker(
    session: Session, browser_of: Browser, browser_as: Any, client: DistrustfulClient
) -> None:
    challenge = advisory.open_challenge(session)
    team = advisory.team(session, name="Wayfare Analytics Ltd", website="https://wayfare.example")
    team.person.name, team.person.email = "Aisha Rahman", "aisha@wayfare.example"
    session.flush()
    asks, answers = browser_of(team.membership), browser_of(runner(session, challenge))
    public = f"/challenges/{challenge.ref}"

    assert "without your name" in text_of(asks.get(f"{public}/ask").text)
    words = "At Wayfare Analytics we wonder: is the contract public?"
    assert asks.post(f"{public}/ask", data={"text": words}).status_code == 303
    question = session.scalars(sa.select(Question)).one()
    assert words in text_of(asks.get(f"{public}/ask").text)
    assert words not in client.get(public).text

    page = f"/department/questions/{question.id}"
    assert page in links(answers.get(f"/department/challenges/{challenge.ref}/questions").text)
    shown = text_of(answers.get(page).text)
    assert "These words may tell who asked: Wayfare Analytics." in shown
    naming = answers.post(page, data={"published_text": words, "answer": "Yes, Aisha Rahman."})
    assert naming.status_code == 422
    assert [
        text_of(naming.text).count(f"Take out what may name the asker: “{name}”")
        for name in ("Wayfare Analytics", "Aisha Rahman")
    ] == [2, 2]
    assert client.get(public).text.count("contract public") == 0
    released = answers.post(page, data={"published_text": "Is the contract public?", "answer": "**Yes**."})
    assert (released.status_code, released.location) == (
        303,
        f"/department/challenges/{challenge.ref}/questions",
    )

    others = (client, browser_as(Role.POLICY_AUTHOR), browser_of(advisory.team(session).membership))
    for browser in others:
        source = browser.get(public).text
        assert "Is the contract public?" in text_of(source)
        assert "<strong>Yes</strong>" in source
        for name in ("Wayfare", "wayfare.example", "Aisha", team.supplier.ref, words):
            assert name not in source
    mine = asks.get(f"{public}/ask").text
    assert f"{public}#answer-{question.id}" in links(mine)


def test_checked_words_may_stay(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session)
    team = advisory.team(session, name="Kent County Transport Ltd")
    question = consultation.question(session, challenge=challenge, team=team)
    texts = {"published_text": "Does Kent County Transport count?", "answer": "Yes."}
    browser = browser_of(runner(session, challenge))
    assert browser.post(f"/department/questions/{question.id}", data=texts).status_code == 422
    assert (
        browser.post(f"/department/questions/{question.id}", data=texts | {"names_checked": "y"}).status_code
        == 303
    )


def test_turning_a_question_away_is_between_two(
    session: Session, browser_of: Browser, client: DistrustfulClient
) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    question = consultation.question(session, challenge=challenge, team=team, text="What is your budget?")
    browser = browser_of(runner(session, challenge, Role.POLICY_AUTHOR))
    page = f"/department/questions/{question.id}/reject"
    assert browser.get(page).status_code == 200
    assert browser.post(page, data={"reason": ""}).status_code == 422
    assert browser.post(page, data={"reason": "It is not decided."}).status_code == 303
    assert browser.post(page, data={"reason": "Again."}).status_code == 409
    assert "It is not decided." in text_of(
        browser_of(team.membership).get(f"/challenges/{challenge.ref}/ask").text
    )
    source = client.get(f"/challenges/{challenge.ref}").text
    assert ["budget" in source, "It is not decided." in source] == [False, False]


def test_what_was_answered_is_shown_and_cannot_be_answered_again(
    session: Session, browser_of: Browser
) -> None:
    challenge = advisory.open_challenge(session)
    question = consultation.question(
        session, challenge=challenge, team=advisory.team(session), state=QuestionState.ANSWERED
    )
    browser = browser_of(runner(session, challenge))
    page = browser.get(f"/department/questions/{question.id}")
    assert "This question was dealt with already." in text_of(page.text)
    texts = {"published_text": "What?", "answer": "That."}
    assert browser.post(f"/department/questions/{question.id}", data=texts).status_code == 409


@pytest.mark.parametrize(
    ("text", "message"),
    [("  ", "Enter your question"), ("word " * 151, "Your question must be 150 words or fewer")],
)
def test_a_question_has_words_but_not_too_many(
    session: Session, browser_of: Browser, text: str, message: str
) -> None:
    challenge = advisory.open_challenge(session)
    browser = browser_of(advisory.team(session).membership)
    answer = browser.post(f"/challenges/{challenge.ref}/ask", data={"text": text})
    assert (answer.status_code, text_of(answer.text).count(message)) == (422, 2)


def test_only_verified_suppliers_ask(
    session: Session, browser_of: Browser, browser_as: Any, client: DistrustfulClient
) -> None:
    challenge = advisory.open_challenge(session)
    address = f"/challenges/{challenge.ref}/ask"
    visitor = client.get(address)
    assert (visitor.status_code, visitor.location) == (302, f"/sign-in?next={address}")
    new = browser_of(advisory.team(session, state=OrganisationState.PENDING).membership)
    for browser in (new, browser_as(Role.POLICY_AUTHOR), browser_as(Role.AUDITOR)):
        assert browser.get(address).status_code == 403
        assert browser.post(address, data={"text": "Why?"}).status_code == 403
    assert session.scalar(sa.select(sa.func.count(Question.id))) == 0


def test_after_the_last_day_nothing_can_be_asked(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session, closes_on=clock.uk_today() - timedelta(days=1))
    browser = browser_of(advisory.team(session).membership)
    page = browser.get(f"/challenges/{challenge.ref}/ask")
    assert (page.status_code, "no longer takes questions" in text_of(page.text)) == (200, True)
    assert browser.post(f"/challenges/{challenge.ref}/ask", data={"text": "Why?"}).status_code == 409


def test_a_supplier_sees_its_own_questions_only(session: Session, browser_of: Browser) -> None:
    challenge, mine = advisory.open_challenge(session), advisory.team(session)
    consultation.question(session, challenge=challenge, team=mine, text="Ours?")
    consultation.question(session, challenge=challenge, team=advisory.team(session), text="Theirs?")
    page = browser_of(mine.membership).get(f"/challenges/{challenge.ref}/ask").text
    assert ("Ours?" in page, "Theirs?" in page) == (True, False)


@pytest.mark.parametrize("page", ["/department/questions/{id}", "/department/questions/{id}/reject"])
def test_another_department_finds_nothing_and_an_approver_does_not_answer(
    session: Session, browser_of: Browser, browser_as: Any, page: str
) -> None:
    challenge = advisory.open_challenge(session)
    question = consultation.question(
        session, challenge=challenge, team=advisory.team(session), text="Secret?"
    )
    address = page.format(id=question.id)
    stranger = browser_as(Role.FACILITATOR)
    for answer in (stranger.get(address), stranger.post(address)):
        assert (answer.status_code, "Secret?" in answer.text) == (404, False)
    assert stranger.get(f"/department/challenges/{challenge.ref}/questions").status_code == 404
    approver = browser_of(runner(session, challenge, Role.APPROVER))
    assert approver.get(address).status_code == 403
    listed = approver.get(f"/department/challenges/{challenge.ref}/questions")
    assert ("Secret?" in listed.text, address in links(listed.text)) == (True, False)


def test_the_list_shows_the_age_in_working_days(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session)
    consultation.question(session, challenge=challenge, team=advisory.team(session))
    old = clock.now() - timedelta(days=14)
    consultation.question(session, challenge=challenge, team=advisory.team(session), asked_at=old)
    words = text_of(
        browser_of(runner(session, challenge)).get(f"/department/challenges/{challenge.ref}/questions").text
    )
    assert "Came in today" in words
    assert any(
        f"Waiting for {days} working days" in words for days in (7, 8, 9, 10)
    )  # holidays may fall between


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_a_constant_number_of_queries(
    session: Session, engine: sa.Engine, browser_of: Browser, rows: int
) -> None:
    challenge = advisory.open_challenge(session)
    for _ in range(rows):
        consultation.question(session, challenge=challenge, team=advisory.team(session))
    browser = browser_of(runner(session, challenge))
    session.expunge_all()
    with selects(engine) as seen:
        assert browser.get(f"/department/challenges/{challenge.ref}/questions").status_code == 200
    assert len(seen) == 3, seen


def test_a_person_asks_twenty_times_in_an_hour_at_most(session: Session, browser_of: Browser) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    colleague = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    page, asks = f"/challenges/{challenge.ref}/ask", browser_of(team.membership)

    codes = [asks.post(page, data={"text": "Why?"}).status_code for _ in range(21)]

    assert codes == [303] * 10 + [409] * 10 + [429]
    assert asks.get(page).status_code == 200
    assert browser_of(colleague).post(page, data={"text": "Why?"}).status_code == 409
    assert session.scalar(sa.select(sa.func.count()).select_from(Question)) == 10
