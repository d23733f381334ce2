"""Adding people to one's organisation and taking them out again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership, Person
from engage.accounts.service import start_session
from engage.audit.queries import history
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind, Role
from engage.outbox.models import Letter
from engage.outbox.queries import without_secrets
from tests.factories import accounts
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.web.accounts.helpers import GOOD_PASSWORD, sign_in

EXPERT = {"email": "grace@elsewhere.example", "roles": "supplier_expert"}


@pytest.fixture
def admin(session: Session) -> Membership:
    """The administrator of a verified supplier."""
    supplier = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, name="Tidal Works Ltd")
    return accounts.member(session, Role.SUPPLIER_ADMIN, organisation=supplier, name="Ada Lovelace")


@pytest.fixture
def browser(web_app: object, admin: Membership) -> DistrustfulClient:
    made: DistrustfulClient = web_app.test_client()  # type: ignore[attr-defined]  # Flask types the class loosely
    return made.sign_in(admin)


def link(session: Session) -> str:
    """The path of the link in the latest letter."""
    letter = session.scalars(sa.select(Letter).order_by(Letter.id.desc())).first()
    assert letter is not None
    return next(word for word in letter.text.split() if "/join/" in word).removeprefix("http://engage.test")


def members(session: Session, admin: Membership) -> list[tuple[str, list[str]]]:
    session.expire_all()
    rows = queries.members(session, organisation_id=admin.organisation_id)
    return [(row.person.name, row.roles) for row in rows]


def test_somebody_new_joins_with_name_and_password(
    browser: DistrustfulClient, client: DistrustfulClient, session: Session, admin: Membership
) -> None:
    assert browser.post("/account/people/add", data=EXPERT).location == "/account/people"
    assert members(session, admin) == [("Ada Lovelace", ["supplier_admin"])]
    page = text_of(client.get(link(session)).text)
    assert "Ada Lovelace asks you to act for Tidal Works Ltd" in page
    assert "Supplier expert" in page

    assert client.post(link(session), data={"name": "Grace Hopper", "password": "short"}).status_code == 422
    assert client.post(link(session), data={"password": GOOD_PASSWORD}).status_code == 422
    joined = client.post(link(session), data={"name": "Grace Hopper", "password": GOOD_PASSWORD})

    assert (joined.status_code, joined.location) == (303, "/sign-in")
    assert members(session, admin) == [
        ("Ada Lovelace", ["supplier_admin"]),
        ("Grace Hopper", ["supplier_expert"]),
    ]
    assert sign_in(client, EXPERT["email"], GOOD_PASSWORD).location == "/dashboard"
    tags = [line.tag for line in history(session, subject=f"organisation:{admin.organisation_id}")]
    assert tags == ["accounts:organisation:invited", "accounts:membership:given"]


def test_somebody_with_an_account_joins_with_one_button_and_only_once(
    browser: DistrustfulClient, client: DistrustfulClient, session: Session, admin: Membership
) -> None:
    accounts.person(session, email=EXPERT["email"], name="Grace Hopper")
    sent = browser.post("/account/people/add", data=EXPERT, follow_redirects=True)
    assert "Grace Hopper" not in sent.text
    assert [client.post(link(session)).status_code for _ in range(2)] == [303, 303]
    assert members(session, admin) == [
        ("Ada Lovelace", ["supplier_admin"]),
        ("Grace Hopper", ["supplier_expert"]),
    ]


def test_an_account_that_anybody_may_have_registered_is_no_way_in(
    browser: DistrustfulClient, client: DistrustfulClient, session: Session, admin: Membership
) -> None:
    squatter = accounts.person(session, email=EXPERT["email"], name="Mallory", verified=False)
    squatted = accounts.membership(
        session,
        person=squatter,
        organisation=accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER),
        roles={Role.SUPPLIER_ADMIN},
    )
    start_session(session, person=squatter, membership=squatted)
    browser.post("/account/people/add", data=EXPERT)

    assert "Your full name" in text_of(client.get(link(session)).text)
    assert client.post(link(session)).status_code == 422
    joined = client.post(link(session), data={"name": "Grace Hopper", "password": GOOD_PASSWORD})

    assert joined.status_code == 303
    assert members(session, admin) == [
        ("Ada Lovelace", ["supplier_admin"]),
        ("Grace Hopper", ["supplier_expert"]),
    ]
    assert queries.live_sessions(session, squatter.id) == []
    assert squatted.ended_at is not None
    assert sign_in(client, EXPERT["email"]).status_code == 422
    assert sign_in(client, EXPERT["email"], GOOD_PASSWORD).location == "/dashboard"


def test_looking_at_the_link_changes_nothing(
    browser: DistrustfulClient, client: DistrustfulClient, session: Session, admin: Membership
) -> None:
    accounts.person(session, email=EXPERT["email"])
    browser.post("/account/people/add", data=EXPERT)
    for _ in range(2):
        assert client.get(link(session)).status_code == 200
        assert client.head(link(session)).status_code == 200
    assert len(members(session, admin)) == 1


def test_asking_looks_the_same_whether_the_address_has_an_account(
    browser: DistrustfulClient, session: Session
) -> None:
    accounts.person(session, email="known@elsewhere.example", name="Known Person")
    pages = []
    for email in ("known@elsewhere.example", "nobody@elsewhere.example"):
        sent = browser.post("/account/people/add", data={**EXPERT, "email": email}, follow_redirects=True)
        pages.append(text_of(sent.text).replace(email, "ADDRESS"))
    assert pages[0] == pages[1]


def kill_by_age(session: Session, admin: Membership) -> timedelta:
    return timedelta(days=7, minutes=1)


def kill_by_suspension(session: Session, admin: Membership) -> timedelta:
    admin.organisation.state = OrganisationState.SUSPENDED
    return timedelta(0)


def kill_by_inviters_leaving(session: Session, admin: Membership) -> timedelta:
    admin.ended_at = clock.now()
    return timedelta(0)


def kill_by_inviters_demotion(session: Session, admin: Membership) -> timedelta:
    admin.roles = ["supplier_expert"]
    return timedelta(0)


def kill_by_closing_the_inviters_account(session: Session, admin: Membership) -> timedelta:
    admin.person.disabled_at = clock.now()
    return timedelta(0)


def kill_by_removal(session: Session, admin: Membership) -> timedelta:
    person = accounts.person(session, email=EXPERT["email"])
    left = accounts.membership(
        session, person=person, organisation=admin.organisation, roles={Role.SUPPLIER_EXPERT}
    )
    left.ended_at = clock.now() + timedelta(seconds=1)
    return timedelta(0)


def kill_by_closing(session: Session, admin: Membership) -> timedelta:
    accounts.person(session, email=EXPERT["email"]).disabled_at = clock.now()
    return timedelta(0)


@pytest.mark.parametrize(
    "kill",
    [
        kill_by_age,
        kill_by_suspension,
        kill_by_inviters_leaving,
        kill_by_inviters_demotion,
        kill_by_closing_the_inviters_account,
        kill_by_removal,
        kill_by_closing,
    ],
)
def test_a_link_that_does_not_hold_any_more_lets_nobody_in(
    browser: DistrustfulClient,
    client: DistrustfulClient,
    session: Session,
    admin: Membership,
    kill: Callable[[Session, Membership], timedelta],
) -> None:
    browser.post("/account/people/add", data=EXPERT)
    path = link(session)
    assert client.get(path).status_code == 200
    later = kill(session, admin)
    session.flush()
    with time_machine.travel(clock.now() + later):
        answer = {"name": "Grace Hopper", "password": GOOD_PASSWORD}
        assert [client.get(path).status_code, client.post(path, data=answer).status_code] == [410, 410]
    assert "Grace Hopper" not in [name for name, _ in members(session, admin)]


def test_a_tampered_link_is_dead(
    browser: DistrustfulClient, client: DistrustfulClient, session: Session
) -> None:
    browser.post("/account/people/add", data=EXPERT)
    for broken in (link(session)[:-2], "/join/x", link(session).replace("/join/", "/reset-password/")):
        assert client.get(broken).status_code == 410


def test_roles_of_another_kind_are_not_offered(browser: DistrustfulClient, session: Session) -> None:
    for roles in ("approver", "platform_admin", "", "x"):
        assert browser.post("/account/people/add", data={**EXPERT, "roles": roles}).status_code == 422
    assert session.scalars(sa.select(Letter)).all() == []


def test_a_department_adds_people_of_government_only(
    browser_as: Callable[..., DistrustfulClient], session: Session
) -> None:
    browser = browser_as(Role.APPROVER)
    for email, status in (("bob@elsewhere.example", 422), ("bob@cabinet.gov.uk", 303)):
        answer = browser.post("/account/people/add", data={"email": email, "roles": "policy_author"})
        assert (email, answer.status_code) == (email, status)


def test_an_organisation_that_is_not_verified_writes_to_nobody(
    browser: DistrustfulClient, session: Session, admin: Membership
) -> None:
    admin.organisation.state = OrganisationState.PENDING
    session.flush()
    assert browser.post("/account/people/add", data=EXPERT).status_code == 409
    assert "once our team has verified" in text_of(browser.get("/account/people").text)
    assert session.scalars(sa.select(Letter)).all() == []


@pytest.mark.parametrize("role", [Role.SUPPLIER_EXPERT, Role.POLICY_AUTHOR, Role.FACILITATOR, Role.AUDITOR])
def test_others_do_not_look_after_people(browser_as: Callable[..., DistrustfulClient], role: Role) -> None:
    browser = browser_as(role)
    assert browser.get("/account/people").status_code == 403
    assert browser.post("/account/people/add", data=EXPERT).status_code == 403


def test_somebody_taken_out_can_do_nothing_for_the_organisation(
    browser: DistrustfulClient, web_app: object, session: Session, admin: Membership
) -> None:
    expert = accounts.member(
        session, Role.SUPPLIER_ADMIN, organisation=admin.organisation, name="Grace Hopper"
    )
    theirs = web_app.test_client().sign_in(expert)  # type: ignore[attr-defined]  # Flask types the class loosely
    assert theirs.get("/account/people").status_code == 200

    assert browser.post(f"/account/people/{expert.id}/end").location == "/account/people"

    assert members(session, admin) == [("Ada Lovelace", ["supplier_admin"])]
    assert theirs.get("/account/people").status_code == 403
    assert browser.post(f"/account/people/{expert.id}/end").status_code == 404


def test_the_last_who_looks_after_people_stays(
    browser: DistrustfulClient, session: Session, admin: Membership
) -> None:
    accounts.member(session, Role.SUPPLIER_EXPERT, organisation=admin.organisation, name="Grace Hopper")
    assert browser.post(f"/account/people/{admin.id}/end").status_code == 409
    assert [name for name, _ in members(session, admin)] == ["Ada Lovelace", "Grace Hopper"]


def test_nobody_takes_people_out_of_other_organisations(
    browser: DistrustfulClient, session: Session, admin: Membership
) -> None:
    other = accounts.member(session, Role.SUPPLIER_ADMIN)
    accounts.member(session, Role.SUPPLIER_ADMIN, organisation=other.organisation)
    assert browser.post(f"/account/people/{other.id}/end").status_code == 404
    session.refresh(other)
    assert other.ended_at is None


def test_the_list_shows_only_ones_own_people(browser: DistrustfulClient, session: Session) -> None:
    accounts.member(session, Role.SUPPLIER_ADMIN, name="Somebody Else")
    page = text_of(browser.get("/account/people").text)
    assert "Ada Lovelace (you)" in page
    assert "Somebody Else" not in page


def test_the_back_office_does_not_show_the_link(browser: DistrustfulClient, session: Session) -> None:
    browser.post("/account/people/add", data=EXPERT)
    (letter,) = session.scalars(sa.select(Letter))
    token = link(session).rsplit("/", 1)[1]
    assert token in letter.text
    assert token not in without_secrets(letter.text) + without_secrets(letter.html)
    assert session.scalars(sa.select(Person.email).where(Person.email == EXPERT["email"])).all() == []
