"""One's own account."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Person, SignedInSession
from engage.accounts.service import passwords
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind, Role
from tests.factories import accounts
from tests.factories.accounts import PASSWORD
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.support.statements import selects
from tests.web.accounts.helpers import GOOD_PASSWORD, sign_in

Browsers = Callable[[], DistrustfulClient]


@pytest.fixture
def another(web_app: object, session: Session) -> Browsers:
    """A maker of fresh browsers."""
    maker: Browsers = web_app.test_client  # type: ignore[attr-defined]  # Flask types the class loosely
    return maker


def live(session: Session) -> list[int]:
    session.expire_all()
    query = (
        sa.select(SignedInSession.id).where(SignedInSession.revoked_at.is_(None)).order_by(SignedInSession.id)
    )
    return list(session.scalars(query))


def test_it_shows_who_one_is_and_acts_for(client: DistrustfulClient, session: Session) -> None:
    department = accounts.new_organisation(session, name="Ministry of Tides")
    person = accounts.member(session, Role.APPROVER, organisation=department, name="Ada Lovelace").person
    waiting = accounts.new_organisation(
        session, kind=OrganisationKind.SUPPLIER, name="Tidal Works Ltd", state=OrganisationState.PENDING
    )
    accounts.membership(session, person=person, organisation=waiting, roles={Role.SUPPLIER_EXPERT})
    sign_in(client, person.email)

    shown = text_of(client.get("/account").text)

    for words in (
        "Ada Lovelace",
        person.email,
        "Ministry of Tides",
        "Approver",
        "Tidal Works Ltd",
        "Pending",
    ):
        assert words in shown
    assert "a browser (this one)" in shown.replace("A browser", "a browser")


def test_acting_for_another_of_ones_organisations(client: DistrustfulClient, session: Session) -> None:
    first = accounts.member(session, Role.APPROVER)
    supplier = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, name="Tidal Works Ltd")
    second = accounts.membership(
        session, person=first.person, organisation=supplier, roles={Role.SUPPLIER_ADMIN}
    )
    sign_in(client, first.person.email)

    changed = client.post("/account/act-as", data={"membership": str(second.id)})

    assert (changed.status_code, changed.location) == (303, "/dashboard")
    assert "Acting for Tidal Works Ltd" in " ".join(
        client.get("/account").text.replace("<strong>", "").split()
    )


def test_nobody_acts_for_others_organisations_or_for_one_they_left(
    client: DistrustfulClient, session: Session
) -> None:
    own = accounts.member(session, Role.APPROVER)
    others = accounts.member(session, Role.APPROVER)
    left = accounts.membership(
        session, person=own.person, organisation=accounts.new_organisation(session), roles={Role.APPROVER}
    )
    left.ended_at = clock.now()
    session.flush()
    sign_in(client, own.person.email)
    for wrong in (str(others.id), str(left.id), "0", "", "x", "9" * 30, "-1"):
        assert (wrong, client.post("/account/act-as", data={"membership": wrong}).status_code) == (wrong, 404)
    (row,) = session.scalars(sa.select(SignedInSession))
    assert row.membership_id == own.id


def test_ending_ones_other_session(client: DistrustfulClient, session: Session, another: Browsers) -> None:
    person = accounts.person(session)
    other = another()
    for browser in (other, client):
        sign_in(browser, person.email)
    first, second = live(session)

    assert client.post(f"/account/sessions/{first}/end").location == "/account"

    assert live(session) == [second]
    assert other.get("/account").location == "/sign-in?next=/account"
    assert client.get("/account").status_code == 200
    assert client.post(f"/account/sessions/{first}/end").status_code == 404


def test_ending_the_present_session_signs_out(client: DistrustfulClient, session: Session) -> None:
    sign_in(client, accounts.person(session).email)
    (present,) = live(session)
    assert client.post(f"/account/sessions/{present}/end").location == "/"
    assert live(session) == []


def test_nobody_ends_anothers_session(client: DistrustfulClient, session: Session, another: Browsers) -> None:
    sign_in(another(), accounts.person(session).email)
    (victims,) = live(session)
    sign_in(client, accounts.person(session).email)
    assert client.post(f"/account/sessions/{victims}/end").status_code == 404
    assert victims in live(session)


def test_changing_the_password_ends_the_other_sessions(
    client: DistrustfulClient, session: Session, another: Browsers
) -> None:
    person = accounts.person(session)
    other = another()
    for browser in (other, client):
        sign_in(browser, person.email)

    done = client.post("/account/password", data={"current": PASSWORD, "password": GOOD_PASSWORD})

    assert (done.status_code, done.location) == (303, "/account")
    assert client.get("/account").status_code == 200
    assert other.get("/account").location == "/sign-in?next=/account"
    session.expire_all()
    changed = session.get_one(Person, person.id)
    assert passwords.verify(changed.password_hash, GOOD_PASSWORD) is True


@pytest.mark.parametrize(
    ("current", "password", "reason"),
    [
        ("not the password", GOOD_PASSWORD, "This is not your current password"),
        (PASSWORD, "passwordpassword", "Password is too easy to guess"),
        (PASSWORD, "short", "Password must be 12 characters or more"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(
    client: DistrustfulClient, session: Session, current: str, password: str, reason: str
) -> None:
    person = accounts.person(session)
    before = person.password_hash
    sign_in(client, person.email)
    session.refresh(person)
    before = person.password_hash
    refused = client.post("/account/password", data={"current": current, "password": password})
    assert refused.status_code == 422
    assert reason in text_of(refused.text)
    session.refresh(person)
    assert person.password_hash == before


def test_changing_ones_name(client: DistrustfulClient, session: Session) -> None:
    person = accounts.person(session, name="Ada Byron")
    sign_in(client, person.email)
    assert client.post("/account/name", data={"name": "  Ada   Lovelace "}).location == "/account"
    session.refresh(person)
    assert person.name == "Ada Lovelace"
    assert client.post("/account/name", data={"name": ""}).status_code == 422


@pytest.mark.parametrize("many", [1, 3])
def test_the_page_takes_the_same_number_of_statements_however_much_it_lists(
    client: DistrustfulClient, session: Session, engine: sa.Engine, another: Browsers, many: int
) -> None:
    person = accounts.person(session)
    for _ in range(many):
        accounts.membership(
            session, person=person, organisation=accounts.new_organisation(session), roles={Role.APPROVER}
        )
        sign_in(another(), person.email)
    sign_in(client, person.email)
    session.expire_all()
    with selects(engine) as seen:
        client.get("/account")
    assert len(seen) == 5
