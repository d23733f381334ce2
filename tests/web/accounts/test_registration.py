"""Registering an organisation, one question a page."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation, Person
from engage.audit.models import AuditEvent
from engage.kernel.actor import OrganisationKind, Role
from tests.factories import accounts
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.web.accounts.helpers import GOOD_PASSWORD, fill_in, link_in, mails, register, sign_in


def organisations(session: Session) -> list[tuple[str, OrganisationState]]:
    session.expire_all()
    rows = session.scalars(sa.select(Organisation).order_by(Organisation.id))
    return [(row.name, row.state) for row in rows]


def test_a_supplier_registers_confirms_its_address_and_signs_in(
    client: DistrustfulClient, session: Session
) -> None:
    assert fill_in(client) == [
        "/register/organisation",
        "/register/identifier",
        "/register/number",
        "/register/you",
        "/register/check",
    ]
    checked = text_of(client.get("/register/check").text)
    for answer in ("Supplier", "Tidal Works Ltd", "00445790", "Ada Lovelace", "ada@tidal.example"):
        assert answer in checked
    assert organisations(session) == []

    done = client.post("/register/password", data={"password": GOOD_PASSWORD})

    assert (done.status_code, done.location) == (303, "/check-email")
    assert "ada@tidal.example" in text_of(client.get("/check-email").text)
    assert organisations(session) == [("Tidal Works Ltd", OrganisationState.PENDING)]
    person = session.scalars(sa.select(Person)).one()
    assert person.email_verified_at is None
    assert [set(each.roles) for each in person.memberships] == [{Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT}]
    (letter,) = mails(session)
    assert (letter.template, letter.recipient, letter.recipient_name) == (
        "verify_email",
        "ada@tidal.example",
        "",
    )

    link = link_in(letter)
    assert "Tidal Works Ltd" in text_of(client.get(link).text)
    assert client.post(link).location == "/sign-in"
    session.expire_all()
    confirmed = session.get_one(Person, person.id)
    assert confirmed.email_verified_at is not None
    assert sign_in(client, "ada@tidal.example", GOOD_PASSWORD).location == "/dashboard"


def test_what_is_audited(client: DistrustfulClient, session: Session) -> None:
    register(client)
    lines = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id))
    assert [line.tag for line in lines if line.tag.startswith("accounts:")] == [
        "accounts:person:created",
        "accounts:organisation:registered",
        "accounts:membership:given",
    ]


def test_a_page_too_early_leads_back_to_the_first_open_question(client: DistrustfulClient) -> None:
    assert client.get("/register/check").location == "/register"
    client.post("/register", data={"kind": "supplier"})
    for later in ("identifier", "number", "you", "check", "password"):
        assert client.get(f"/register/{later}").location == "/register/organisation"
    assert client.get("/register/organisation").status_code == 200


def test_an_organisation_in_no_register_is_not_asked_for_a_number(
    client: DistrustfulClient, session: Session
) -> None:
    led = fill_in(client, identifier={"scheme": "none"})
    assert led[2:4] == ["/register/you", "/register/identifier"]
    assert "Number" not in text_of(client.get("/register/check").text)
    client.post("/register/password", data={"password": GOOD_PASSWORD})
    (made,) = session.scalars(sa.select(Organisation))
    assert made.identifiers == []


def test_a_change_of_register_asks_for_the_number_again(client: DistrustfulClient) -> None:
    fill_in(client)
    assert (
        client.post("/register/organisation", data={"organisation": "Tide Ltd"}).location == "/register/check"
    )
    assert client.post("/register/identifier", data={"scheme": "GB-CHC"}).location == "/register/number"
    assert client.get("/register/check").location == "/register/number"


def test_a_change_of_kind_asks_again_what_depends_on_it(client: DistrustfulClient) -> None:
    fill_in(client)
    client.post("/register", data={"kind": "department"})
    assert client.get("/register/check").location == "/register/identifier"
    client.post("/register/identifier", data={"scheme": "GB-GOR"})
    client.post("/register/number", data={"number": "D13"})
    assert client.get("/register/check").location == "/register/you"


def test_a_known_identifier_is_sent_to_its_administrator_whatever_its_state(
    client: DistrustfulClient, session: Session
) -> None:
    pages = []
    for state in OrganisationState:
        known = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, state=state)
        number = known.identifiers[0].value
        fill_in(client, number={"number": "99"})
        refused = client.post("/register/number", data={"number": number})
        pages.append((refused.status_code, text_of(refused.text.replace(number, "NUMBER"))))
    assert len(pages) == 4
    assert len(set(pages)) == 1
    assert pages[0][0] == 422
    assert "Ask its administrator to add you" in pages[0][1]


def test_an_identifier_taken_in_the_meantime_makes_no_second_organisation(
    client: DistrustfulClient, session: Session
) -> None:
    fill_in(client, number={"number": "7777"})
    known = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, name="Faster Ltd")
    known.identifiers[0].value = "00007777"
    session.flush()

    refused = client.post("/register/password", data={"password": GOOD_PASSWORD})

    assert refused.status_code == 422
    assert "Ask its administrator to add you" in text_of(refused.text)
    assert organisations(session) == [("Faster Ltd", OrganisationState.VERIFIED)]


def test_a_number_does_not_tell_whether_an_address_has_an_account(web_app: object, session: Session) -> None:
    accounts.person(session, email="known@elsewhere.example")
    seen = []
    for index, address in enumerate(("known@elsewhere.example", "nobody@elsewhere.example")):
        answers = []
        number = {"number": f"777{index}"}
        # An unconfirmed registration of one's own, the address asked about, then a look at the number.
        for email in (f"own{index}@tidal.example", address, f"other{index}@tidal.example"):
            browser: DistrustfulClient = web_app.test_client()  # type: ignore[attr-defined]  # Flask types it loosely
            answers.append(register(browser, number=number, you={"name": "Ada", "email": email}).location)
        own = queries.person_by_email(session, f"own{index}@tidal.example")
        assert own is not None
        answers.append(str(len(own.memberships[0].organisation.identifiers)))
        seen.append(answers)
    assert seen == [["/check-email"] * 3 + ["0"]] * 2


def test_the_same_sent_twice_keeps_its_number(client: DistrustfulClient, session: Session) -> None:
    assert [register(client).location for _ in range(2)] == ["/check-email"] * 2
    (organisation,) = session.scalars(sa.select(Organisation))
    assert [each.value for each in organisation.identifiers] == ["00445790"]


def test_a_number_is_taken_once_somebody_has_confirmed(client: DistrustfulClient, session: Session) -> None:
    register(client)
    person = queries.person_by_email(session, "ada@tidal.example")
    assert person is not None
    assert fill_in(client, you={"name": "Bob", "email": "bob@tidal.example"})[3] == "/register/you"
    person.email_verified_at = person.created_at
    session.flush()
    assert fill_in(client)[3] == "422"


def test_a_department_needs_an_address_of_government(client: DistrustfulClient, session: Session) -> None:
    department = {"kind": "department"}
    number = {"scheme": "GB-PPON"}
    for address, accepted in (
        ("ada@cabinet.gov.uk", True),
        ("ada@GOV.UK", True),
        ("ada@notgov.uk", False),
        ("ada@gov.uk.evil.example", False),
        ("ada@tidal.example", False),
    ):
        fill_in(client, register=department, identifier=number, number={"number": "PDZG-3487-DWXV"})
        answered = client.post("/register/you", data={"name": "Ada", "email": address})
        assert (address, answered.status_code) == (address, 303 if accepted else 422)
    client.post("/register/you", data={"name": "Ada", "email": "ada@cabinet.gov.uk"})
    client.post("/register/password", data={"password": GOOD_PASSWORD})
    (person,) = session.scalars(sa.select(Person))
    roles = {Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR}
    assert [set(each.roles) for each in person.memberships] == [roles]


def test_a_poor_password_is_refused_with_a_reason(client: DistrustfulClient, session: Session) -> None:
    fill_in(client)
    for password, reason in (
        ("too short", "Password must be 12 characters or more"),
        ("adalovelace1815", "Password is too easy to guess"),
        ("tidalworks12", "Password is too easy to guess"),
        ("", "Enter a password"),
    ):
        refused = client.post("/register/password", data={"password": password})
        assert refused.status_code == 422
        assert reason in text_of(refused.text)
    assert organisations(session) == []


def test_somebody_signed_in_has_no_need_to_register(browser_as: object) -> None:
    browser = browser_as(Role.SUPPLIER_ADMIN)  # type: ignore[operator]  # the fixture's maker
    assert browser.get("/register").location == "/account"
    assert browser.post("/register/password", data={"password": GOOD_PASSWORD}).location == "/account"
