"""Two people edit one page: the second sees both texts and a proposal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.challenges.models import Challenge
from engage.kernel.actor import Role
from tests.factories import accounts
from tests.factories.challenges import challenge
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.web.challenges.conftest import Department


@pytest.fixture
def made(session: Session, department: Department) -> Challenge:
    return challenge(
        session,
        organisation=department.organisation,
        author=department.writing.person,
        problem="Seats are empty.",
    )


@pytest.fixture
def second(
    session: Session, department: Department, browser_of: Callable[[Membership], DistrustfulClient]
) -> DistrustfulClient:
    """A second author of the department."""
    member = accounts.member(
        session, Role.POLICY_AUTHOR, organisation=department.organisation, name="Sue Second"
    )
    return browser_of(member)


def seen(page: str) -> str:
    """The number that a page carries."""
    return page.split('name="seen"')[1].split('value="')[1].split('"', maxsplit=1)[0]


def both_open(department: Department, second: DistrustfulClient, path: str) -> str:
    """Let both open the page, the first save, and the second save; where the second is sent."""
    number = seen(department.author.get(path).get_data(as_text=True))
    first = department.author.post(path, data={"problem": "Most seats are empty.", "seen": number})
    assert first.status_code == 303
    late = second.post(path, data={"problem": "Seats are empty. It costs money.", "seen": number})
    assert late.status_code == 303
    return late.headers["Location"]


def test_the_second_sees_a_page_with_both_texts_and_saves_both(
    session: Session, department: Department, second: DistrustfulClient, made: Challenge
) -> None:
    path = f"/department/challenges/{made.ref}/edit/problem"
    place = both_open(department, second, path)
    assert place == f"/department/challenges/{made.ref}/merge/problem"
    session.refresh(made)
    assert made.problem == "Most seats are empty."
    page = second.get(place).get_data(as_text=True)
    words = " ".join(text_of(page).split())
    assert "Saved by Ann Author" in words
    assert "What both of you started from Seats are empty." in words
    assert "[added: It costs money.]" in words
    assert "Most seats are empty. It costs money.</textarea>" in page
    answer = second.post(place, data={"problem": "Most seats are empty. It costs money.", "seen": seen(page)})
    assert answer.headers["Location"] == f"/department/challenges/{made.ref}/edit/why-now"
    session.refresh(made)
    assert made.problem == "Most seats are empty. It costs money."
    assert second.get(place).status_code == 303  # nothing is left to merge


def test_what_is_not_merged_waits_and_is_shown(
    department: Department, second: DistrustfulClient, made: Challenge
) -> None:
    place = both_open(department, second, f"/department/challenges/{made.ref}/edit/problem")
    check = f"/department/challenges/{made.ref}/check"
    assert f'href="{place}?from=check"' in second.get(check).get_data(as_text=True)
    others = department.author.get(check).get_data(as_text=True)
    assert "The problem: words of Sue Second" in text_of(others)
    assert place not in others
    assert "Put both together" in second.get(place.replace("merge", "edit")).get_data(as_text=True)
    assert department.author.get(place).status_code == 303  # not theirs to merge


def test_somebody_is_faster_once_more(
    session: Session, department: Department, second: DistrustfulClient, made: Challenge
) -> None:
    path = f"/department/challenges/{made.ref}/edit/problem"
    place = both_open(department, second, path)
    number = seen(second.get(place).get_data(as_text=True))
    department.author.post(path, data={"problem": "Nearly all seats are empty.", "seen": number})
    answer = second.post(place, data={"problem": "Most seats are empty. It costs much.", "seen": number})
    assert answer.headers["Location"] == place
    page = second.get(place).get_data(as_text=True)
    assert "Nearly all seats are empty. It costs much.</textarea>" in page
    session.refresh(made)
    assert made.problem == "Nearly all seats are empty."


def test_ones_own_words_can_be_thrown_away(
    session: Session, department: Department, second: DistrustfulClient, made: Challenge
) -> None:
    place = both_open(department, second, f"/department/challenges/{made.ref}/edit/problem")
    answer = second.post(f"{place}/drop?from=check")
    assert answer.headers["Location"] == f"/department/challenges/{made.ref}/check"
    assert second.get(place).status_code == 303
    session.refresh(made)
    assert made.problem == "Most seats are empty."


def test_a_proposal_that_is_too_long_is_refused_in_words(
    department: Department, second: DistrustfulClient, made: Challenge
) -> None:
    place = both_open(department, second, f"/department/challenges/{made.ref}/edit/problem")
    answer = second.post(place, data={"problem": "word " * 10_000, "seen": "1"})
    assert answer.status_code == 422
    assert "The problem must be 500 words or fewer" in text_of(answer.get_data(as_text=True))


@pytest.mark.parametrize("number", ["", "abc", "-1", "9" * 40, "55"])
def test_a_number_that_no_page_sent_overwrites_nothing(
    session: Session, department: Department, made: Challenge, number: str
) -> None:
    path = f"/department/challenges/{made.ref}/edit/problem"
    department.author.post(path, data={"problem": "Saved first.", "seen": "0"})
    answer = department.author.post(path, data={"problem": "Saved later.", "seen": number})
    assert answer.headers["Location"] == f"/department/challenges/{made.ref}/merge/problem"
    session.refresh(made)
    assert made.problem == "Saved first."


def test_strangers_and_strange_questions_are_refused(
    department: Department, made: Challenge, browser_as: Callable[..., DistrustfulClient]
) -> None:
    assert department.author.get(f"/department/challenges/{made.ref}/merge/nonsense").status_code == 404
    stranger = browser_as(Role.POLICY_AUTHOR)
    assert stranger.get(f"/department/challenges/{made.ref}/merge/problem").status_code == 404
    assert stranger.post(f"/department/challenges/{made.ref}/merge/problem/drop").status_code == 404
