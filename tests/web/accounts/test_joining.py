"""Asking to join an organisation that is here already: found by its number, answered by its own people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries, service
from engage.accounts.enums import JoinState, OrganisationState, Scheme
from engage.accounts.models import JoinRequest, Membership, OrganisationIdentifier
from engage.accounts.service.joining import MOST_WAITING
from engage.audit.queries import history
from engage.kernel.actor import OrganisationKind, Role
from engage.outbox.models import Letter
from tests.factories import accounts
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of

ASKED = {"name": "Grace Hopper", "email": "grace@elsewhere.example", "words": "I lead the tide team."}
NUMBER = "00445790"


@pytest.fixture
def admin(session: Session) -> Membership:
    supplier = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, name="Tidal Works Ltd")
    supplier.identifiers.append(OrganisationIdentifier(scheme="GB-COH", value=NUMBER))
    accounts.member(session, Role.SUPPLIER_EXPERT, organisation=supplier)
    return accounts.member(session, Role.SUPPLIER_ADMIN, organisation=supplier, name="Ada Lovelace")


@pytest.fixture
def browser(browser_of: Callable[[Membership], DistrustfulClient], admin: Membership) -> DistrustfulClient:
    return browser_of(admin)


def _letters(session: Session, template: str) -> list[Letter]:
    return list(session.scalars(sa.select(Letter).where(Letter.template == template).order_by(Letter.id)))


def _find_it_taken(client: DistrustfulClient) -> str:
    client.post("/register", data={"kind": "supplier"})
    client.post("/register/organisation", data={"organisation": "Tidal Works"})
    client.post("/register/identifier", data={"scheme": "GB-COH"})
    return client.post("/register/number", data={"number": "445790"}).get_data(as_text=True)


def _ask(session: Session, **changed: str) -> None:
    service.ask_to_join(session, scheme=Scheme.COMPANIES_HOUSE, number="445790", **(ASKED | changed))


def _waiting(session: Session, admin: Membership) -> list[JoinRequest]:
    return list(queries.join_requests(session, organisation_id=admin.organisation_id))


def test_whoever_finds_the_number_taken_can_ask_and_is_let_in(
    client: DistrustfulClient, browser: DistrustfulClient, session: Session, admin: Membership
) -> None:
    assert "/register/join" in links(_find_it_taken(client))
    assert "Company number 445790" in text_of(client.get("/register/join").get_data(as_text=True))
    assert client.post("/register/join", data=ASKED).location == "/register/join/asked"
    assert client.get("/register/join/asked").status_code == 200
    (letter,) = _letters(session, "join_asked")
    assert (letter.recipient, letter.subject) == (
        admin.person.email,
        "Grace Hopper asks to act for Tidal Works Ltd",
    )
    (asked,) = _waiting(session, admin)
    address = f"/account/people/requests/{asked.id}"
    assert f"http://engage.test{address}" in letter.text
    assert address in links(browser.get("/account/people").get_data(as_text=True))
    assert browser.get(address).status_code == 200
    assert browser.post(address, data={"roles": "supplier_expert"}).location == "/account/people"
    (invitation,) = _letters(session, "join_organisation")
    assert invitation.recipient == "grace@elsewhere.example"
    assert _waiting(session, admin) == []
    tags = [line.tag for line in history(session, subject=f"organisation:{admin.organisation_id}")]
    assert tags == [f"accounts:organisation:{deed}" for deed in ("join_asked", "invited", "join_approved")]


def test_a_declined_request_sends_nothing_and_cannot_be_approved(
    browser: DistrustfulClient, session: Session, admin: Membership
) -> None:
    _ask(session)
    (asked,) = _waiting(session, admin)
    address = f"/account/people/requests/{asked.id}"
    assert browser.post(address, data={"decline": "yes"}).status_code == 303
    session.refresh(asked)
    assert (asked.state, _letters(session, "join_organisation")) == (JoinState.DECLINED, [])
    assert "This request has been declined" in text_of(browser.get(address).get_data(as_text=True))
    again = browser.post(address, data={"roles": "supplier_expert"})
    assert (again.status_code, _letters(session, "join_organisation")) == (409, [])


def test_approving_needs_a_role(browser: DistrustfulClient, session: Session, admin: Membership) -> None:
    _ask(session)
    (asked,) = _waiting(session, admin)
    answer = browser.post(f"/account/people/requests/{asked.id}", data={})
    assert (answer.status_code, asked.state) == (422, JoinState.WAITING)
    assert "Choose what they may do" in text_of(answer.get_data(as_text=True))


def test_asking_twice_is_asking_once(session: Session, admin: Membership) -> None:
    _ask(session)
    _ask(session, email="GRACE@elsewhere.example", name="G. Hopper")
    assert (len(_waiting(session, admin)), len(_letters(session, "join_asked"))) == (1, 1)


def test_nobody_is_drowned_in_requests(session: Session, admin: Membership) -> None:
    for number in range(MOST_WAITING + 3):
        _ask(session, email=f"person{number}@elsewhere.example")
    assert len(_waiting(session, admin)) == MOST_WAITING


@pytest.mark.parametrize("state", [OrganisationState.PENDING, OrganisationState.SUSPENDED])
def test_who_cannot_add_people_is_not_asked(
    session: Session, admin: Membership, state: OrganisationState
) -> None:
    admin.organisation.state = state
    session.flush()
    _ask(session)
    assert (_waiting(session, admin), _letters(session, "join_asked")) == ([], [])


def test_the_requests_of_others_are_not_there(
    browser_as: Callable[..., DistrustfulClient], session: Session, admin: Membership
) -> None:
    _ask(session)
    (asked,) = _waiting(session, admin)
    stranger = browser_as(Role.SUPPLIER_ADMIN)
    address = f"/account/people/requests/{asked.id}"
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, data={"roles": "supplier_admin"}).status_code == 404
    assert asked.state is JoinState.WAITING


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Enter your name"),
        ("email", "grace", "Enter an email address in the correct format, like name@example.com"),
        ("words", "x" * 501, "What they should know must be 500 characters or fewer"),
    ],
)
def test_what_is_wrong_is_said(
    client: DistrustfulClient, session: Session, admin: Membership, field: str, value: str, said: str
) -> None:
    _find_it_taken(client)
    answer = client.post("/register/join", data=ASKED | {field: value})
    assert answer.status_code == 422
    assert said in text_of(answer.get_data(as_text=True))
    assert _waiting(session, admin) == []


def test_the_page_leads_back_without_a_number(client: DistrustfulClient) -> None:
    assert client.get("/register/join").location == "/register"
