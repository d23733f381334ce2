"""Advice on words stands beside the answer and keeps nobody from anything."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.enums.questions import QUESTIONS, Kind
from engage.challenges.models import Challenge
from tests.factories.challenges import challenge
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.web.challenges.conftest import Department

NAMES_A_PRODUCT = "All bookings are kept in Salesforce."


def look(browser: DistrustfulClient, path: str) -> str:
    return text_of(browser.get(path).get_data(as_text=True))


def test_advice_is_shown_beside_the_answer_and_blocks_nothing(
    department: Department, session: Session
) -> None:
    made = challenge(session, organisation=department.organisation, author=department.writing.person)
    path = f"/department/challenges/{made.ref}"
    assert "Words to look at again" not in look(department.author, f"{path}/edit/problem")
    saved = department.author.post(f"{path}/edit/problem", data={"problem": NAMES_A_PRODUCT})
    assert saved.headers["Location"] == f"{path}/edit/why-now"
    following = look(department.author, f"{path}/edit/why-now")
    assert "Saved. You may want to look again at The problem: “Salesforce”." in following
    assert "A product or company is named Salesforce Say what has to be possible" in look(
        department.author, f"{path}/edit/problem"
    )
    assert "Words to look at again" not in look(department.author, f"{path}/edit/why-now")
    assert "The problem: a product or company is named Salesforce" in look(department.author, f"{path}/check")
    assert department.author.post(f"{path}/submit").headers["Location"] == path
    session.refresh(made)
    assert made.state is ChallengeState.IN_REVIEW
    assert "The problem: a product or company is named Salesforce" in look(
        department.approver, f"{path}/review"
    )


def test_suppliers_see_no_advice(department: Department, session: Session, client: DistrustfulClient) -> None:
    made: Challenge = challenge(
        session,
        organisation=department.organisation,
        state=ChallengeState.PUBLISHED,
        problem=NAMES_A_PRODUCT,
    )
    assert "look at again" not in look(client, f"/challenges/{made.ref}")


def test_every_page_has_guidance_an_example_and_the_word_limit_before_anything_is_typed(
    department: Department, session: Session
) -> None:
    made = challenge(session, organisation=department.organisation, author=department.writing.person)
    for question in QUESTIONS:
        page = look(department.author, f"/department/challenges/{made.ref}/edit/{question.slug}")
        limits = [
            f"You can enter up to {answer.words} words"
            if answer.kind is not Kind.LINE
            else f"Use {answer.words} words or fewer."
            for answer in question.answers
            if answer.words
        ]
        wanted = [*limits, question.hint, "An example", question.example.split("\n")[0]]
        assert [text for text in wanted if " ".join(text.split()) not in page] == []
