"""Answering in writing at a browser: from the page of the challenge to the department's reading, on a phone, too."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from engage.accounts.service.passwords import hash_password
from engage.kernel.actor import Role
from engage.kernel.db import unit_of_work
from tests.browser.conftest import Visitor, Visitors
from tests.factories import accounts
from tests.factories import advisory as made

PASSWORD = "a long enough password 2026"
pytestmark = pytest.mark.usefixtures("rows")


def _readable(visitor: Visitor) -> None:
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not visitor.page.evaluate(wide), f"{visitor.page.url} scrolls sideways"
    found = Axe().run(visitor.page)
    assert found.violations_count == 0, f"{visitor.page.url}\n{found.generate_report()}"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_supplier_answers_and_the_department_reads(visitors: Visitors, width: int) -> None:
    with unit_of_work() as session:
        challenge = made.open_challenge(session, questions="What warns towns in time?\nWhat does it cost?")
        people = [
            made.team(session).person,
            accounts.member(session, Role.POLICY_AUTHOR, organisation=challenge.organisation).person,
        ]
        for person in people:
            person.password_hash = hash_password(PASSWORD)
        supplier, author = [person.email for person in people]
        ref = challenge.ref
    visitor = visitors.new(width=width)
    visitor.sign_in(supplier, PASSWORD)
    visitor.go(f"/challenges/{ref}")
    visitor.follow("Answer in writing")
    visitor.sees("These are the questions that everybody is asked")
    _readable(visitor)
    visitor.fill("What warns towns in time?", "Sirens on bridges.")
    visitor.press("Send the answers")
    visitor.sees("The department has your answers.")
    _readable(visitor)
    reader = visitors.new(width=width)
    reader.sign_in(author, PASSWORD)
    reader.go(f"/department/challenges/{ref}/sessions")
    reader.follow("Answers in writing")
    reader.sees("Sirens on bridges.")
    _readable(reader)
