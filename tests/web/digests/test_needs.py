"""What needs somebody at their department, by email: asked for on the board, at an hour of their choice."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.digests import service
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.digests.models import Subscription
from engage.kernel.actor import Role
from tests.support.client import DistrustfulClient
from tests.support.html import text_of

BrowserAs = Callable[..., DistrustfulClient]
ASK = "/department/needs-by-email"


def theirs(session: Session) -> Subscription:
    session.expire_all()
    return session.scalars(sa.select(Subscription)).one()


def test_the_button_on_the_board_asks_for_it_once(session: Session, browser_as: BrowserAs) -> None:
    browser = browser_as(Role.POLICY_AUTHOR)
    assert f'action="{ASK}"' in browser.get("/department").get_data(as_text=True)
    answers = [browser.post(ASK) for _ in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [(303, "/account/alerts")] * 2
    page = text_of(browser.get("/account/alerts").get_data(as_text=True))
    assert "What needs you comes by email every morning at 8am, when there is something." in page
    found = theirs(session)
    assert (found.topic, found.cadence, found.hour, found.state) == (
        Topic.NEEDS, Cadence.DAILY, 8, SubscriptionState.ACTIVE,
    )  # fmt: skip


def test_it_is_for_departments_and_for_who_signed_in(
    session: Session, client: DistrustfulClient, browser_as: BrowserAs
) -> None:
    assert browser_as(Role.SUPPLIER_ADMIN).post(ASK).status_code == 403
    assert client.post(ASK).status_code == 302
    assert session.scalars(sa.select(Subscription)).all() == []


def test_it_can_come_weekly_but_not_as_soon_as_there_is_news(session: Session, browser_as: BrowserAs) -> None:
    browser = browser_as(Role.POLICY_AUTHOR)
    browser.post(ASK)
    here = f"/alerts/{service.token_for(theirs(session).id)}"
    assert "As soon as there is news" not in browser.get(here).get_data(as_text=True)
    asked = {"action": "change", "weekday": "4", "hour": "9"}
    refused = browser.post(here, data={**asked, "cadence": "immediate"})
    assert refused.status_code == 422
    assert "Choose one of the answers on the page" in text_of(refused.get_data(as_text=True))
    assert browser.post(here, data={**asked, "cadence": "weekly"}).status_code == 303
    found = theirs(session)
    assert (found.cadence, found.weekday, found.hour) == (Cadence.WEEKLY, 4, 9)
