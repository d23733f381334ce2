"""Looking at new organisations and deciding about them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.audit.queries import history
from engage.kernel.actor import OrganisationKind, Role
from engage.outbox.models import Letter
from tests.factories import accounts
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.support.statements import selects

BrowserAs = Callable[..., DistrustfulClient]


def supplier(
    session: Session, *, name: str = "Tidal Works Ltd", state: OrganisationState = OrganisationState.PENDING
) -> Organisation:
    """A supplier with a member who can be written to and one who cannot."""
    made = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, name=name, state=state)
    accounts.member(session, Role.SUPPLIER_ADMIN, organisation=made, name="Ada Lovelace")
    unconfirmed = accounts.person(session, verified=False)
    accounts.membership(session, person=unconfirmed, organisation=made, roles={Role.SUPPLIER_EXPERT})
    return made


def state_of(session: Session, organisation: Organisation) -> tuple[OrganisationState, str | None]:
    session.refresh(organisation)
    return organisation.state, organisation.state_reason


def letters(session: Session) -> list[tuple[str, str]]:
    return [
        (row.template, row.recipient_name) for row in session.scalars(sa.select(Letter).order_by(Letter.id))
    ]


def test_the_list_shows_those_that_wait_first(browser_as: BrowserAs, session: Session) -> None:
    supplier(session, name="Old and waiting")
    supplier(session, name="Newer and verified", state=OrganisationState.VERIFIED)
    shown = text_of(browser_as(Role.AUDITOR).get("/admin/organisations").text)
    assert shown.index("Old and waiting") < shown.index("Newer and verified")


def test_the_list_can_be_narrowed(browser_as: BrowserAs, session: Session) -> None:
    for name, state in (
        ("Tidal Works Ltd", OrganisationState.PENDING),
        ("Tidal Farms Ltd", OrganisationState.VERIFIED),
        ("Wind 100% Ltd", OrganisationState.PENDING),
    ):
        supplier(session, name=name, state=state)
    browser = browser_as(Role.PLATFORM_ADMIN)
    for query, found in (
        ("state=pending", {"Tidal Works Ltd", "Wind 100% Ltd"}),
        ("q=tidal", {"Tidal Works Ltd", "Tidal Farms Ltd"}),
        ("q=tidal&state=pending", {"Tidal Works Ltd"}),
        ("q=%25", {"Wind 100% Ltd"}),
        ("q=nothing", set()),
        ("state=unknown", {"Tidal Works Ltd", "Tidal Farms Ltd", "Wind 100% Ltd"}),
    ):
        shown = text_of(browser.get(f"/admin/organisations?{query}").text)
        names = {name for name in ("Tidal Works Ltd", "Tidal Farms Ltd", "Wind 100% Ltd") if name in shown}
        assert (query, names) == (query, found)


def test_verifying_tells_the_people_and_is_audited(browser_as: BrowserAs, session: Session) -> None:
    waiting = supplier(session)
    browser = browser_as(Role.PLATFORM_ADMIN)
    assert "Verify" in browser.get(f"/admin/organisations/{waiting.id}").text

    done = browser.post(f"/admin/organisations/{waiting.id}/verify")

    assert (done.status_code, done.location) == (303, f"/admin/organisations/{waiting.id}")
    assert state_of(session, waiting) == (OrganisationState.VERIFIED, None)
    assert letters(session) == [("organisation_verified", "Ada Lovelace")]
    lines = history(session, subject=f"organisation:{waiting.id}")
    assert [(line.tag, line.details["before"], line.details["after"]) for line in lines] == [
        ("accounts:organisation:verified", "pending", "verified")
    ]


@pytest.mark.parametrize(
    ("decision", "before", "after", "mail"),
    [
        ("refuse", OrganisationState.PENDING, OrganisationState.REFUSED, "organisation_refused"),
        ("suspend", OrganisationState.VERIFIED, OrganisationState.SUSPENDED, "organisation_suspended"),
    ],
)
def test_refusing_and_suspending_need_a_reason_that_the_people_read(
    browser_as: BrowserAs,
    session: Session,
    decision: str,
    before: OrganisationState,
    after: OrganisationState,
    mail: str,
) -> None:
    made = supplier(session, state=before)
    browser = browser_as(Role.PLATFORM_ADMIN)
    path = f"/admin/organisations/{made.id}/{decision}"
    assert "Why?" in text_of(browser.get(path).text)

    refused = browser.post(path, data={"reason": "  "})
    assert refused.status_code == 422
    assert "Say why" in text_of(refused.text)
    assert state_of(session, made) == (before, None)

    assert browser.post(path, data={"reason": "The number is another company's."}).status_code == 303
    assert state_of(session, made) == (after, "The number is another company's.")
    assert letters(session) == [(mail, "Ada Lovelace")]
    (letter,) = session.scalars(sa.select(Letter))
    assert "The number is another company's." in letter.text
    (line,) = history(session, subject=f"organisation:{made.id}")
    assert "another company" not in line.payload


def test_a_suspension_is_lifted_and_can_come_again(browser_as: BrowserAs, session: Session) -> None:
    made = supplier(session, state=OrganisationState.VERIFIED)
    browser = browser_as(Role.PLATFORM_ADMIN)
    for _ in range(2):
        browser.post(
            f"/admin/organisations/{made.id}/suspend", data={"reason": "A complaint is looked into."}
        )
        browser.post(f"/admin/organisations/{made.id}/lift")
    assert state_of(session, made) == (OrganisationState.VERIFIED, None)
    assert [template for template, _ in letters(session)] == [
        "organisation_suspended",
        "organisation_restored",
    ] * 2


@pytest.mark.parametrize(
    ("state", "decision"),
    [
        (OrganisationState.PENDING, "suspend"),
        (OrganisationState.PENDING, "lift"),
        (OrganisationState.VERIFIED, "verify"),
        (OrganisationState.VERIFIED, "refuse"),
        (OrganisationState.REFUSED, "lift"),
        (OrganisationState.REFUSED, "suspend"),
        (OrganisationState.SUSPENDED, "verify"),
        (OrganisationState.SUSPENDED, "refuse"),
    ],
)
def test_what_a_state_does_not_allow_is_refused(
    browser_as: BrowserAs, session: Session, state: OrganisationState, decision: str
) -> None:
    made = supplier(session, state=state)
    answer = browser_as(Role.PLATFORM_ADMIN).post(
        f"/admin/organisations/{made.id}/{decision}", data={"reason": "Because."}
    )
    assert answer.status_code == 409
    assert state_of(session, made) == (state, None)
    assert letters(session) == []


def test_an_auditor_reads_and_decides_nothing(browser_as: BrowserAs, session: Session) -> None:
    made = supplier(session)
    browser = browser_as(Role.AUDITOR)
    page = browser.get(f"/admin/organisations/{made.id}")
    assert page.status_code == 200
    assert "What you can decide" not in page.text
    assert browser.post(f"/admin/organisations/{made.id}/verify").status_code == 403
    assert state_of(session, made) == (OrganisationState.PENDING, None)


def test_what_does_not_exist_is_not_found(browser_as: BrowserAs, session: Session) -> None:
    made = supplier(session)
    browser = browser_as(Role.PLATFORM_ADMIN)
    for path in ("/admin/organisations/999999999", f"/admin/organisations/{made.id}/praise"):
        assert browser.get(path).status_code == 404


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_takes_the_same_number_of_statements_however_long_it_is(
    browser_as: BrowserAs, session: Session, engine: sa.Engine, many: int
) -> None:
    for _ in range(many):
        supplier(session)
    browser = browser_as(Role.AUDITOR)
    session.expire_all()
    with selects(engine) as seen:
        browser.get("/admin/organisations")
    assert len(seen) == 5
