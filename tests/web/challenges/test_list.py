"""The public list: what it shows, what it asks of the database, what it makes of odd addresses."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from tests.factories.challenges import challenge
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of


def words(client: DistrustfulClient, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return text_of(response.get_data(as_text=True))


def test_a_row_says_what_one_needs_to_choose(session: Session, client: DistrustfulClient) -> None:
    made = challenge(session, state=ChallengeState.ENGAGING, problem="Seats travel empty. " * 40)
    page = words(client, "/challenges")
    assert "1 challenge" in page
    for part in (made.title, made.organisation.name, "Engaging", "Open until", "Seats travel empty."):
        assert part in page
    assert page.count("Seats travel empty.") < 15


@pytest.mark.parametrize("rows", [1, 3])
def test_it_takes_three_statements_however_long(
    session: Session, client: DistrustfulClient, engine: sa.Engine, rows: int
) -> None:
    for _ in range(rows):
        challenge(session, state=ChallengeState.PUBLISHED)
    session.flush()
    session.expunge_all()
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get("/challenges?q=seats").status_code == 200
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 3, asked


def test_pages_keep_the_filters(session: Session, client: DistrustfulClient) -> None:
    for _ in range(21):
        challenge(session, state=ChallengeState.PUBLISHED)
    page = client.get("/challenges?q=seats&state=all").get_data(as_text=True)
    assert "21 challenges for “seats”" in text_of(page)
    second = next(link for link in links(page) if "page=2" in link)
    rows = [
        link
        for link in links(client.get(second).get_data(as_text=True))
        if link.startswith("/challenges/ENG")
    ]
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("/challenges?q=unfindable", "No challenge fits"),
        ("/challenges", "Nothing is open today"),
        ("/challenges?state=all", "No challenge has been published yet"),
        ("/challenges?state=closed", "None at the moment"),
    ],
)
def test_an_empty_list_says_what_to_do_next(client: DistrustfulClient, address: str, found: str) -> None:
    assert found in words(client, address)


@pytest.mark.parametrize(
    "odd",
    [
        "q=%00",
        "q=%ff%fe",
        "q=%27%3B--",
        "q=" + "x" * 5000,
        "q=%28%28%26%7C%21",
        "state=secret",
        "state=",
        "department=x",
        "department=-1",
        "department=99999999999999999999999999",
        "page=0",
        "page=-1",
        "page=999999",
        "page=%F0%9F%92%A9",
        "page=9999999999999999999999",
        "q=a&q=b&state=all&state=open",
    ],
)
def test_odd_addresses_make_ordinary_pages(session: Session, client: DistrustfulClient, odd: str) -> None:
    challenge(session, state=ChallengeState.PUBLISHED)
    assert "Challenges" in words(client, f"/challenges?{odd}")
