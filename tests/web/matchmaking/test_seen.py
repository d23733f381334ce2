"""What the matcher sees: everything that is read of a supplier, for its own people only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.matchmaking import service
from engage.matchmaking.enums import Origin
from engage.suppliers.models import Supplier
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.statements import selects

BrowserOf = Callable[[Membership], DistrustfulClient]
ADDRESS = "/supplier/what-the-matcher-sees"
HIDDEN = "Ri\u200bver gau\u200dges and gauges and gauges, gauges, gauges for 40 towns."


@pytest.fixture
def supplier(session: Session) -> Supplier:
    found = firms.supplier(session, name="Riverbank Ltd", sme=True, regions=["TLL"])
    firms.statement(session, found, title="Gauges", text=HIDDEN, cpv=["38421100"])
    return found


@pytest.fixture
def admin(session: Session, supplier: Supplier, browser_of: BrowserOf) -> DistrustfulClient:
    return browser_of(firms.member(session, supplier))


def seen(client: DistrustfulClient) -> str:
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    return text_of(answer.get_data(as_text=True))


def test_it_shows_the_text_as_read_what_was_taken_out_and_the_words_that_count(
    admin: DistrustfulClient, supplier: Supplier
) -> None:
    words = seen(admin)
    for said in (
        "Yes. These rules are checked before anything is compared, and you meet them all.",
        "Gauges. River gauges and gauges and gauges, gauges, gauges for 40 towns.",
        "Taken out: 2 characters that nobody can see.",
        "3 words that a challenge can share with it gauges × 4 river towns",
        "Small or medium-sized (SME) Yes",
        "Charity or social enterprise (VCSE) Not said",
        "Wales",
        "New here Yes: nobody has invited you in the last 12 months",
        "4 of 4 left this quarter",
    ):
        assert said in words
    page = admin.get(ADDRESS).get_data(as_text=True)
    assert f"/supplier/statements/{supplier.statements[0].id}" in links(page)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"paused": True}, "paused by the supplier"),
        ({"capacity_per_quarter": 0}, "no capacity left this quarter"),
    ],
)
def test_what_leaves_the_supplier_out_is_said_first(
    admin: DistrustfulClient, session: Session, supplier: Supplier, change: dict[str, object], said: str
) -> None:
    for name, value in change.items():
        setattr(supplier, name, value)
    session.flush()
    assert f"No. You would be left out: {said}." in seen(admin)


def test_a_statement_that_does_not_count_says_why(
    admin: DistrustfulClient, session: Session, supplier: Supplier
) -> None:
    firms.statement(session, supplier, title="Old", text="Sirens.", expires_on=clock.uk_today())
    firms.statement(session, supplier, title="GAUGES", text=HIDDEN.upper())
    words = seen(admin)
    assert "Does not count It expired on" in words
    assert "Does not count It has the same words as another statement" in words
    assert "1 of 3 statements counts" in words


def test_what_is_not_compared_is_shown_with_the_reason(
    admin: DistrustfulClient, session: Session, supplier: Supplier
) -> None:
    twice = "We put sirens on bridges. We put sirens on bridges. They ring in time."
    firms.statement(session, supplier, title="Sirens", text=twice)
    words = seen(admin)
    assert "Sirens. We put sirens on bridges. They ring in time." in words
    assert "Not compared: “We put sirens on bridges.”. The same sentence counts once." in words


def test_without_a_statement_it_says_what_to_do(session: Session, browser_of: BrowserOf) -> None:
    new = firms.supplier(session, name="New Ltd")
    page = browser_of(firms.member(session, new)).get(ADDRESS).get_data(as_text=True)
    assert "No. You would be left out: no statement of expertise that is still fresh." in text_of(page)
    assert "/supplier/statements/new" in links(page)


def test_an_invitation_counts_for_a_year(session: Session, browser_of: BrowserOf) -> None:
    market = made.market(session)
    own = browser_of(firms.member(session, market.best))
    who, offered = System("tests"), Origin.VOLUNTEERED
    service.invite(session, actor=who, challenge=market.challenge, supplier=market.best, origin=offered)
    assert "New here No: 1 invitation in the last 12 months" in seen(own)
    session.execute(
        sa.text("UPDATE invitation SET sent_at = :day"), {"day": clock.now() - timedelta(days=366)}
    )
    assert "New here Yes" in seen(own)


def test_an_expert_reads_and_is_not_offered_to_change(
    session: Session, supplier: Supplier, browser_of: BrowserOf
) -> None:
    expert = browser_of(firms.member(session, supplier, role=Role.SUPPLIER_EXPERT))
    page = expert.get(ADDRESS).get_data(as_text=True)
    assert "Ask an administrator of your organisation" in text_of(page)
    assert [link for link in links(page) if "/edit" in link or "/statements/" in link] == []


def test_it_shows_nothing_of_another_supplier(session: Session, browser_of: BrowserOf) -> None:
    market = made.market(session)
    own = browser_of(firms.member(session, market.best))
    words = seen(own)
    assert [name for name in made.TEXTS if name in words] == [made.BEST]


@pytest.mark.parametrize("more", [0, 2])
def test_it_asks_as_often_for_more_statements(
    admin: DistrustfulClient, session: Session, supplier: Supplier, engine: sa.Engine, more: int
) -> None:
    for number in range(more):
        firms.statement(session, supplier, title=f"Work {number}", text=f"Bridges {number}.")
    session.expire_all()
    with selects(engine) as asked:
        seen(admin)
    assert len(asked) == 5


def test_a_department_is_refused(browser_as: Callable[..., DistrustfulClient]) -> None:
    assert browser_as(Role.POLICY_AUTHOR).get(ADDRESS).status_code == 403
