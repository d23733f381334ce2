"""The draft of the notice, its pages, and who sees them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.challenges.enums import ChallengeState
from engage.kernel.actor import OrganisationKind, Role
from engage.transparency.models import NoticeDetails, NoticeParty
from engage.transparency.service import verdict
from tests.factories import accounts
from tests.factories.challenges import PME, challenge
from tests.factories.transparency import details
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.support.statements import selects
from tests.web.transparency.conftest import Desk

READING = ("/notice/draft", "/notice/release.json", "/notice/notice.txt", "/notices")
SCOPE = {"category": "services", "kinds": "Software", "how": "Online", "regions": ["TLC"], "seen": ""}
DATES = {
    "starts_on-day": "1",
    "starts_on-month": "4",
    "starts_on-year": "2031",
    "tender_notice_on-day": "15",
    "tender_notice_on-month": "1",
    "tender_notice_on-year": "2031",
    "value_net": "1,000,000",
    "above_threshold": "True",
}
CONTACT = {"contact_name": "Seats team", "contact_email": "team@seats.example"}
BUYER = {
    "ppon": "PABC-1234-DEFG",
    "street": "1 High Street",
    "locality": "Leeds",
    "postal_code": "LS1 1AA",
    "email": "buying@seats.example",
    "kind": "publicAuthorityCentralGovernment",
}


def seen(desk: Desk, page: str) -> str:
    """The fingerprint that a page carries."""
    body = desk.author.get(f"{desk.path}{page}").get_data(as_text=True)
    return body.split('name="seen"')[1].split('value="')[1].split('"')[0]


def test_from_everything_missing_to_a_notice_to_copy(desk: Desk) -> None:
    page = text_of(desk.author.get(f"{desk.path}/notice/draft").get_data(as_text=True))
    assert "13 things are still missing" in page
    assert "How they will be supplied reg 17(2)(d), reg 14(1)(c)" in page
    steps = (
        ("/notice/details", {**SCOPE}),
        ("/notice/details/dates", {**DATES}),
        (
            "/notice/details/engagement",
            {"engagement_process": "Two sessions online.", "languages": ["en", "cy"]},
        ),
        ("/notice/details/contact", {**CONTACT}),
    )
    for address, answers in steps:
        sent = desk.author.post(f"{desk.path}{address}", data={**answers, "seen": seen(desk, address)})
        assert (sent.status_code, sent.headers["Location"]) == (303, f"{desk.path}/notice/draft")
    sent = desk.author.post(f"/department/details?back={desk.challenge.ref}", data=BUYER)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{desk.path}/notice/draft")
    page = text_of(desk.author.get(f"{desk.path}/notice/draft").get_data(as_text=True))
    assert "Nothing is missing that the law asks for" in page
    assert "Find a Tender also asks for" not in page
    assert "£1,000,000 excluding VAT" in page
    assert "Answers are taken in English and Welsh." in page


def test_the_files_are_the_notice(session: Session, desk: Desk) -> None:
    details(session, desk.challenge)
    data = desk.author.get(f"{desk.path}/notice/release.json")
    assert data.mimetype == "application/json"
    assert data.headers["Content-Disposition"] == f"attachment; filename={desk.challenge.ref}-uk2.json"
    package = json.loads(data.get_data())
    assert verdict(package["releases"][0]).valid
    assert package["uri"].endswith(f"{desk.path}/notice/release.json")
    text = desk.author.get(f"{desk.path}/notice/notice.txt")
    assert text.mimetype == "text/plain"
    assert text.get_data(as_text=True).startswith("UK2: Preliminary market engagement notice")


def test_a_policy_exploration_needs_no_notice(session: Session, desk: Desk) -> None:
    exploring = challenge(session, organisation=desk.organisation, state=ChallengeState.ENGAGING)
    path = f"/department/challenges/{exploring.ref}"
    assert "No notice is needed" in desk.author.get(f"{path}/notice/draft").get_data(as_text=True)
    assert desk.author.get(f"{path}/notice/release.json").status_code == 404
    assert desk.author.get(f"{path}/notice/details").status_code == 409


@pytest.mark.parametrize(
    ("page", "answers", "message"),
    [
        ("", {"cpv": "123"}, "is not in the CPV 2008 list"),
        ("", {"category": "ideas"}, "Choose one of the answers on the page"),
        ("/dates", {"value_net": "12", "value_gross": "10"}, "cannot be less than the value without VAT"),
        (
            "/dates",
            {"starts_on-day": "31", "starts_on-month": "2", "starts_on-year": "2031"},
            "must be a real date",
        ),
        ("/engagement", {"engagement_process": "x" * 10_001}, "10000"),
        ("/contact", {"contact_email": "team"}, "correct format"),
    ],
)
def test_what_cannot_stand_comes_back_with_a_sentence(
    session: Session, desk: Desk, page: str, answers: dict[str, str], message: str
) -> None:
    address = f"/notice/details{page}"
    sent = desk.author.post(f"{desk.path}{address}", data={**answers, "seen": seen(desk, address)})
    assert sent.status_code == 422
    assert message in text_of(sent.get_data(as_text=True)).replace(",", "")
    assert session.get(NoticeDetails, desk.challenge.id) is None


def test_two_people_on_one_page(
    session: Session, desk: Desk, browser_of: Callable[[Membership], DistrustfulClient]
) -> None:
    approver = browser_of(accounts.member(session, Role.APPROVER, organisation=desk.organisation))
    opened = seen(desk, "/notice/details")
    first = approver.post(f"{desk.path}/notice/details", data={"kinds": "Theirs", "seen": opened})
    second = desk.author.post(f"{desk.path}/notice/details", data={"kinds": "Mine", "seen": opened})
    assert (first.status_code, second.status_code) == (303, 422)
    assert "Somebody else saved this page" in second.get_data(as_text=True)
    assert "Mine" in second.get_data(as_text=True)  # what was typed is not lost
    kept = session.get(NoticeDetails, desk.challenge.id)
    assert kept
    assert kept.kinds == "Theirs"


def test_an_organisation_is_added_and_taken_out(session: Session, desk: Desk) -> None:
    sent = desk.author.post(f"{desk.path}/notice/parties/new", data={"part": "agent", "name": "Buying Ltd"})
    assert sent.status_code == 422
    assert "Say what the organisation does for you" in sent.get_data(as_text=True)
    sent = desk.author.post(
        f"{desk.path}/notice/parties/new", data={"part": "agent", "name": "Buying Ltd", "role": "Runs it"}
    )
    assert sent.status_code == 303
    assert "The postal address of Buying Ltd" in desk.author.get(f"{desk.path}/notice/draft").get_data(
        as_text=True
    )
    party = session.scalars(sa.select(NoticeParty)).one()
    assert desk.author.post(f"{desk.path}/notice/parties/{party.id}/remove").status_code == 303
    assert session.scalars(sa.select(NoticeParty)).all() == []


def test_nobody_outside_finds_a_trace(
    session: Session, desk: Desk, browser_as: Callable[..., DistrustfulClient], client: DistrustfulClient
) -> None:
    details(session, desk.challenge, kinds="Zeppelinmoorings")
    supplier = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER)
    strangers = [
        browser_as(Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR),
        browser_as(Role.SUPPLIER_ADMIN, organisation=supplier),
        browser_as(Role.PLATFORM_ADMIN),
    ]
    for browser in strangers:
        answers = [browser.get(f"{desk.path}{page}") for page in READING]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert all("Zeppelinmoorings" not in answer.get_data(as_text=True) for answer in answers)
    writing = ("/notice/details", "/notice/parties/new", "/notices/look", "/notices/1/confirm")
    assert [strangers[0].post(f"{desk.path}{page}").status_code for page in writing] == [404] * 4
    assert [strangers[1].post(f"{desk.path}{page}").status_code for page in writing] == [403] * 4
    assert [client.get(f"{desk.path}{page}").status_code for page in READING] == [302] * 4
    assert client.get(f"/challenges/{desk.challenge.ref}").status_code == 404


def test_facilitators_and_auditors_read_and_change_nothing(
    session: Session,
    desk: Desk,
    browser_of: Callable[[Membership], DistrustfulClient],
    browser_as: Callable[..., DistrustfulClient],
) -> None:
    facilitator = browser_of(accounts.member(session, Role.FACILITATOR, organisation=desk.organisation))
    for browser in (facilitator, browser_as(Role.AUDITOR)):
        assert [browser.get(f"{desk.path}{page}").status_code for page in READING] == [200] * 4
        assert "/notice/details" not in browser.get(f"{desk.path}/notice/draft").get_data(as_text=True)
        for page in ("/notice/details", "/notice/parties/new", "/notices", "/notices/look"):
            assert browser.post(f"{desk.path}{page}", data={"ocid": "ocds-h6vhtk-0a1b2c"}).status_code == 403
        assert browser.get("/department/details").status_code == 403


def test_the_way_back_leads_to_ones_own_challenges_only(session: Session, desk: Desk) -> None:
    elsewhere = challenge(session, state=ChallengeState.NOTICE_PENDING, **PME)
    assert desk.author.get(f"/department/details?back={elsewhere.ref}").status_code == 404
    assert desk.author.get("/department/details?back=//evil.example").status_code == 404


def test_the_draft_asks_the_database_as_often_whatever_stands_in_it(
    session: Session, engine: sa.Engine, desk: Desk
) -> None:
    details(session, desk.challenge)
    counts = []
    for number in range(3):
        for party in range(number):
            session.add(
                NoticeParty(
                    challenge_id=desk.challenge.id,
                    part="joint",
                    name=f"Council {number}{party}",
                    created_at=desk.challenge.created_at,
                )
            )
        session.flush()
        with selects(engine) as asked:
            assert desk.author.get(f"{desk.path}/notice/draft").status_code == 200
        counts.append(len(asked))
    assert len(set(counts)) == 1
