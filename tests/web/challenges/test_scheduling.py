"""Setting a time of publication on the page: what is shown where, and what is refused in which words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.challenges.service import publish_due
from tests.factories import challenges
from tests.factories.challenges import NOTICE, PME
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.web.challenges.conftest import Department

NOW = datetime(2026, 10, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_october() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def made(session: Session, department: Department) -> Challenge:
    return challenges.challenge(
        session,
        state=ChallengeState.APPROVED,
        organisation=department.organisation,
        author=department.writing.person,
        closes_on=datetime(2027, 12, 1, tzinfo=UTC).date(),
    )


def at(made: Challenge, page: str = "/schedule") -> str:
    return f"/department/challenges/{made.ref}{page}"


def when(day: int, month: int, year: int, clock: str) -> dict[str, str]:
    return {"day-day": str(day), "day-month": str(month), "day-year": str(year), "clock": clock}


def words(browser: DistrustfulClient, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200, f"{path}: {response.status}"
    return text_of(response.get_data(as_text=True))


def test_a_time_is_set_shown_changed_and_taken_back(
    department: Department, made: Challenge, session: Session, client: DistrustfulClient
) -> None:
    saved = department.author.post(at(made), data=when(2, 11, 2026, "9:30am"), follow_redirects=True)
    said = text_of(saved.get_data(as_text=True))
    assert "The challenge is published by itself on Monday 2 November 2026 at 9:30am (UK time)." in said
    assert "It is published by itself on Monday 2 November 2026 at 9:30am (UK time)." in said
    assert "Ann Author, 20 October 2026" in said
    session.refresh(made)
    assert made.publish_at == datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    assert "Monday 2 November 2026 at 9:30am (UK time)" in words(department.author, at(made, "/history"))
    assert "Goes public on Monday 2 November 2026 at 9:30am (UK time)" in words(
        department.author, "/department"
    )
    page = department.approver.get(at(made)).get_data(as_text=True)
    assert [f'value="{value}"' in page for value in ("2", "11", "2026", "9:30am")] == [True] * 4
    department.approver.post(at(made), data=when(3, 11, 2026, "midday"))
    session.refresh(made)
    assert made.publish_at == datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
    back = department.author.post(at(made, "/schedule/cancel"), follow_redirects=True)
    assert "The time is taken back." in text_of(back.get_data(as_text=True))
    session.refresh(made)
    left: datetime | None = made.publish_at
    assert left is None
    assert client.get(f"/challenges/{made.ref}").status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (when(25, 10, 2026, "1:30am"), "The clocks go back on 25 October 2026 and show 1:30am twice: choose another time"),
        (when(28, 3, 2027, "1:30am"), "The clocks skip 1:30am on 28 March 2027: choose another time"),
        (when(19, 10, 2026, "9am"), "Monday 19 October 2026 at 9am (UK time) has passed"),
        (when(20, 10, 2026, "10am"), "Tuesday 20 October 2026 at 10am (UK time) has passed"),
        (when(21, 10, 2027, "9am"), "Choose a day within a year, 20 October 2027 at the latest"),
        (when(31, 2, 2027, "9am"), "Day must be a real date"),
        (when(2, 11, 2026, "9"), "Time must be a time, like 2:30pm or 14:30"),
        (when(2, 11, 2026, ""), "Enter the time"),
        ({"clock": "9am"}, "Enter the day"),
    ],
)  # fmt: skip
def test_other_times_are_refused_in_words(
    department: Department, made: Challenge, session: Session, data: dict[str, str], said: str
) -> None:
    answer = department.author.post(at(made), data=data)
    assert answer.status_code == 422
    assert said in text_of(answer.get_data(as_text=True))
    session.refresh(made)
    assert made.publish_at is None


def test_a_time_after_the_closing_date_is_refused(department: Department, session: Session) -> None:
    made = challenges.challenge(
        session,
        state=ChallengeState.APPROVED,
        organisation=department.organisation,
        closes_on=datetime(2026, 11, 1, tzinfo=UTC).date(),
    )
    answer = department.author.post(at(made), data=when(2, 11, 2026, "9am"))
    session.refresh(made)
    assert (answer.status_code, made.publish_at) == (422, None)
    assert "The challenge closes on 1 November 2026: choose a day before that" in text_of(
        answer.get_data(as_text=True)
    )


def test_without_the_notice_there_is_no_time(department: Department, session: Session) -> None:
    made = challenges.challenge(
        session, state=ChallengeState.NOTICE_PENDING, organisation=department.organisation, **PME
    )
    answer = department.author.post(at(made), data=when(2, 11, 2026, "9am"))
    assert answer.status_code == 409
    assert "Record the notice from Find a Tender first" in text_of(answer.get_data(as_text=True))
    for name, value in NOTICE.items():
        setattr(made, name, value)
    session.flush()
    assert department.author.post(at(made), data=when(2, 11, 2026, "9am")).status_code == 303


@pytest.mark.parametrize("state", [ChallengeState.DRAFT, ChallengeState.IN_REVIEW, ChallengeState.PUBLISHED])
def test_a_text_that_is_not_approved_or_public_already_has_none(
    department: Department, session: Session, state: ChallengeState
) -> None:
    made = challenges.challenge(session, state=state, organisation=department.organisation)
    answer = department.author.get(at(made))
    assert (answer.status_code, "A time can be set for a text that is approved" in answer.text) == (409, True)


def test_why_it_was_not_published_stands_in_the_workspace(
    department: Department, made: Challenge, session: Session
) -> None:
    department.author.post(at(made), data=when(2, 11, 2026, "9:30am"))
    department.writing.roles = ["facilitator"]
    session.flush()
    with time_machine.travel(datetime(2026, 11, 2, 9, 31, tzinfo=UTC), tick=False):
        assert publish_due(session, challenge_id=made.id) is False
    said = words(department.approver, at(made, ""))
    assert "Not published at the time set" in said
    assert "Ann Author, who set the time, is neither a policy author nor an approver any more." in said
