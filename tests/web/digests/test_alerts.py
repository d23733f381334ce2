"""Alerts on the web: asking is neutral, looking changes nothing, one click ends exactly one subscription."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from engage.accounts.models import Person
from engage.challenges.enums import ChallengeState
from engage.digests import service
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.digests.models import Subscription
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.outbox.models import Letter
from tests.factories import accounts, challenges, digests
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of

BrowserAs = Callable[..., DistrustfulClient]
ASK: dict[str, Any] = {
    "email": "sam@example.test",
    "topic": "everything",
    "cadence": "weekly",
    "weekday": "1",
    "hour": "8",
}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def strict(web_app: Flask) -> Iterator[None]:
    """Ask for CSRF tokens, as outside tests."""
    web_app.config["WTF_CSRF_ENABLED"] = True
    yield
    web_app.config["WTF_CSRF_ENABLED"] = False


def all_of(session: Session) -> list[Subscription]:
    session.expire_all()
    return list(session.scalars(sa.select(Subscription).order_by(Subscription.id)))


def page_of(found: Subscription) -> str:
    return f"/alerts/{service.token_for(found.id)}"


def test_from_the_form_over_the_letter_to_active_alerts(session: Session, client: DistrustfulClient) -> None:
    office = accounts.new_organisation(session, name="Home Office")
    session.commit()
    page = client.get("/alerts")
    assert page.status_code == 200
    answer = client.post(
        "/alerts",
        data={**ASK, "topic": "department", "department": str(office.id), "cadence": "daily", "hour": "18"},
    )
    assert (answer.status_code, answer.location) == (303, "/alerts/check-your-email")
    assert "Check your email" in text_of(client.get(answer.location).get_data(as_text=True))
    (found,) = all_of(session)
    assert (found.topic, found.value, found.cadence, found.hour) == (
        Topic.DEPARTMENT,
        str(office.id),
        Cadence.DAILY,
        18,
    )
    letter = session.scalars(sa.select(Letter)).one()
    (link,) = set(re.findall(r"http://engage\.test(/alerts/\S+)", letter.text))
    for method in (client.get, client.head):
        assert method(link).status_code == 200
    assert all_of(session)[0].state is SubscriptionState.PENDING
    shown = text_of(client.get(link).get_data(as_text=True))
    assert "New challenges from Home Office" in shown
    assert "Every day at 6pm, UK time" in shown
    done = client.post(link, data={"action": "confirm"})
    assert (done.status_code, done.location) == (303, link)
    assert all_of(session)[0].state is SubscriptionState.ACTIVE
    assert "Your alerts are confirmed." in client.get(link).get_data(as_text=True)


def test_the_answer_is_the_same_for_every_address(session: Session, client: DistrustfulClient) -> None:
    digests.subscription(session, email="known@example.test")
    session.commit()
    known, unknown = (
        client.post("/alerts", data={**ASK, "email": name + "@example.test"}) for name in ("known", "new")
    )
    assert (known.status_code, known.location, known.data) == (
        unknown.status_code,
        unknown.location,
        unknown.data,
    )


def test_a_link_can_fill_the_form_in(session: Session, client: DistrustfulClient) -> None:
    page = client.get("/alerts?topic=search&words=hydrogen+%22pipes").get_data(as_text=True)
    assert 'value="hydrogen &#34;pipes"' in page
    assert client.get("/alerts?topic=nonsense&department=x").status_code == 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"email": ""}, "Enter your email address"),
        ({"email": "sam"}, "email address"),
        ({"topic": "search", "words": " "}, "Enter the words to look for"),
        ({"topic": "department", "department": ""}, "Choose a department"),
        ({"topic": "department", "department": "77777"}, "Choose"),
        (
            {"topic": "cpv", "cpv": "roads"},
            "“roads” is no CPV code: enter its digits, or at least the first two",
        ),
        ({"topic": "cpv", "cpv": "9x"}, "“9x” is no CPV code: enter its digits, or at least the first two"),
        ({"topic": "cpv", "cpv": "7"}, "“7” is no CPV code: enter its digits, or at least the first two"),
        ({"topic": "cpv", "cpv": "99999999"}, "99999999 is not in the CPV 2008 list."),
        ({"topic": "gossip"}, "Choose"),
        ({"cadence": "hourly"}, "Choose"),
        ({"weekday": "7"}, "Choose"),
        ({"hour": "24"}, "Choose"),
        ({"hour": "x"}, "Choose"),
    ],
)
def test_wrong_answers_are_explained_and_change_nothing(
    session: Session, client: DistrustfulClient, changes: dict[str, str], message: str
) -> None:
    answer = client.post("/alerts", data={**ASK, **changes})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "There is a problem" in page
    assert message in page
    assert all_of(session) == []


def test_everything_that_is_wrong_is_said_at_once(session: Session, client: DistrustfulClient) -> None:
    page = client.post("/alerts", data={**ASK, "email": "", "topic": "search", "words": ""}).get_data(
        as_text=True
    )
    said = ("Enter your email address", "Enter the words to look for")
    assert [text in page for text in said] == [True, True]


def test_who_ended_alerts_is_shown_no_list_and_who_has_not_begun_mutes_nothing(
    session: Session, client: DistrustfulClient
) -> None:
    challenges.challenge(session, state=ChallengeState.PUBLISHED, title="Quiet railways")
    shown = {}
    for state in SubscriptionState:
        found = digests.subscription(session, state=state)
        if state is SubscriptionState.PENDING:
            found.confirmed_at, found.created_at = None, clock.now()
        session.commit()
        page = client.get(page_of(found)).get_data(as_text=True)
        shown[state.value] = ("Quiet railways" in page, "Hear no more of it" in page)
    assert shown == {"pending": (True, False), "active": (True, True), "ended": (False, False)}


def test_the_schedule_may_be_left_out(session: Session, client: DistrustfulClient) -> None:
    data = {"email": "sam@example.test", "topic": "everything", "cadence": "weekly"}
    assert client.post("/alerts", data=data).status_code == 303
    (found,) = all_of(session)
    assert (found.weekday, found.hour) == (1, 8)


def test_looking_at_alerts_changes_nothing(session: Session, client: DistrustfulClient) -> None:
    found = digests.subscription(session)
    session.commit()
    before = {name: getattr(found, name) for name in ("state", "covered_until", "ended_at", "cadence")}
    for address in (page_of(found), page_of(found) + "?action=end&List-Unsubscribe=One-Click"):
        assert client.get(address).status_code == 200
        assert client.head(address).status_code == 200
    (found,) = all_of(session)
    assert {name: getattr(found, name) for name in before} == before


def test_one_click_ends_exactly_one_without_cookie_or_token(
    session: Session, client: DistrustfulClient, strict: None
) -> None:
    mine = digests.subscription(session, email="sam@example.test")
    other = digests.subscription(session, email="sam@example.test", topic=Topic.SEARCH, value="rail")
    session.commit()
    for _ in range(2):
        answer = client.post(page_of(mine), data=ONE_CLICK)
        assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    states = {one.id: one.state for one in all_of(session)}
    assert states == {mine.id: SubscriptionState.ENDED, other.id: SubscriptionState.ACTIVE}


def test_a_changed_token_is_refused(session: Session, client: DistrustfulClient) -> None:
    found = digests.subscription(session)
    session.commit()
    token = service.token_for(found.id)
    wrong = [
        token[:-1],
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[::-1],
        "x",
        "Nw.é",
        service.token_for(9**9),
    ]
    for each in wrong:
        assert client.get(f"/alerts/{each}").status_code == 404
        assert client.post(f"/alerts/{each}", data=ONE_CLICK).status_code == 404
    assert all_of(session)[0].state is SubscriptionState.ACTIVE


def test_the_page_is_kept_out_of_caches_and_search(session: Session, client: DistrustfulClient) -> None:
    found = digests.subscription(session)
    session.commit()
    headers = client.get(page_of(found)).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"


def test_changing_and_ending_and_starting_again(
    session: Session, client: DistrustfulClient, strict: None
) -> None:
    found = digests.subscription(session)
    session.commit()
    change = {"action": "change", "cadence": "daily", "weekday": "3", "hour": "17"}
    assert client.post(page_of(found), data=change).status_code == 303
    (found,) = all_of(session)
    assert (found.cadence, found.weekday, found.hour) == (Cadence.DAILY, 3, 17)
    assert client.post(page_of(found), data={**change, "hour": "99"}).status_code == 422
    assert client.post(page_of(found), data={"action": "explode"}).status_code == 400
    assert client.post(page_of(found), data={"action": "end"}).status_code == 303
    assert "These alerts have ended" in text_of(client.get(page_of(found)).get_data(as_text=True))
    assert client.post(page_of(found), data=change).status_code == 409
    assert client.post(page_of(found), data={"action": "again"}).status_code == 303
    assert "Your alerts go on from now." in client.get(page_of(found)).get_data(as_text=True)
    assert all_of(session)[0].state is SubscriptionState.ACTIVE


def test_the_preview_shows_what_would_have_been_told_and_nothing_hidden(
    session: Session, client: DistrustfulClient
) -> None:
    now = clock.now()
    shown = challenges.challenge(session, state=ChallengeState.PUBLISHED, title="Quiet railways")
    challenges.challenge(session, state=ChallengeState.DRAFT, title="Secret railways")
    challenges.challenge(session, state=ChallengeState.PUBLISHED, title="Clean rivers")
    challenges.challenge(
        session, state=ChallengeState.PUBLISHED, title="Old railways", published_at=now - timedelta(days=31)
    )
    found = digests.subscription(session, topic=Topic.SEARCH, value="railways")
    session.commit()
    page = client.get(page_of(found)).get_data(as_text=True)
    titles = ("Quiet railways", "Secret railways", "Clean rivers", "Old railways")
    assert [title in page for title in titles] == [True, False, False, False]
    assert f"/challenges/{shown.ref}" in links(page)


def test_ones_own_alerts_begin_at_once_and_are_listed(session: Session, browser_as: BrowserAs) -> None:
    digests.subscription(session, email="somebody@example.test", topic=Topic.SEARCH, value="their secret")
    browser = browser_as(Role.SUPPLIER_ADMIN)
    assert "You get no alerts" in browser.get("/account/alerts").get_data(as_text=True)
    email = re.search(r'name="email"[^>]*value="([^"]+)"', browser.get("/alerts").get_data(as_text=True))
    assert email is not None
    answer = browser.post("/alerts", data={**ASK, "email": email[1]})
    assert (answer.status_code, answer.location) == (303, "/account/alerts")
    page = text_of(browser.get("/account/alerts").get_data(as_text=True))
    assert "You get these alerts now: all new challenges." in page
    assert "All new challenges" in page
    assert "Active" in page
    assert "their secret" not in page


def test_ones_own_alerts_are_changed_by_asking_again(session: Session, browser_as: BrowserAs) -> None:
    browser = browser_as(Role.SUPPLIER_ADMIN)
    email = session.scalars(sa.select(Person.email)).one()
    browser.post("/alerts", data={**ASK, "email": email})
    browser.post("/alerts", data={**ASK, "email": email.upper(), "cadence": "daily"})
    (found,) = all_of(session)
    assert (found.cadence, found.state) == (Cadence.DAILY, SubscriptionState.ACTIVE)
    assert session.scalars(sa.select(Letter)).all() == []


def test_another_address_needs_its_letter(session: Session, browser_as: BrowserAs) -> None:
    answer = browser_as(Role.SUPPLIER_ADMIN).post("/alerts", data=ASK)
    assert answer.location == "/alerts/check-your-email"
    assert all_of(session)[0].state is SubscriptionState.PENDING


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_database_as_often_for_one_as_for_three(
    session: Session, browser_as: BrowserAs, number: int
) -> None:
    browser = browser_as(Role.SUPPLIER_ADMIN)
    email = session.scalars(sa.select(Person.email)).one()
    for _ in range(number):
        office = accounts.new_organisation(session)
        digests.subscription(session, email=email, topic=Topic.DEPARTMENT, value=str(office.id))
    session.commit()
    session.expunge_all()
    seen: list[str] = []
    sa.event.listen(session.connection(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert browser.get("/account/alerts").status_code == 200
    asked = [one for one in seen if "FROM subscription" in one or "organisation.kind =" in one]
    assert len(asked) == 4  # the subscriptions, the pause, what is muted, names of departments


def test_visitors_have_no_list(client: DistrustfulClient) -> None:
    answer = client.get("/account/alerts")
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")
