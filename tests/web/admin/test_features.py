"""How far the reading of statements is, for those who look after the site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from engage.kernel.actor import Role
from engage.matchmaking import service
from tests.factories import suppliers as firms
from tests.support.client import DistrustfulClient
from tests.support.html import text_of

BrowserAs = Callable[..., DistrustfulClient]


@pytest.mark.parametrize("role", [Role.PLATFORM_ADMIN, Role.AUDITOR])
def test_what_waits_is_counted_and_dated(session: Session, browser_as: BrowserAs, role: Role) -> None:
    browser = browser_as(role)
    firms.supplier(session, does="Level gauges for small rivers.")
    while service.embed_some(session, limit=10):
        pass
    words = text_of(browser.get("/admin/features").get_data(as_text=True))
    assert "1 of 1 statement is ready to be compared." in words
    assert "None waits" in words
    firms.supplier(session, does="Sirens on bridges.")
    words = text_of(browser.get("/admin/features").get_data(as_text=True))
    assert "1 of 2 statements are ready to be compared." in words
    assert "None waits" not in words
    assert "engage match features --wait" in words
