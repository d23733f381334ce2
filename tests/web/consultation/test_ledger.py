"""The ledger's pages: recording, releasing, the report with names for the department, in numbers for everyone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.consultation.models import Telling, ToldFact
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.sheets import csv_text
from engage.kernel.uktime import to_uk
from engage.ledger import service as ledger
from engage.ledger.enums import Channel
from tests.factories import accounts, advisory, challenges
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.statements import selects

Browser = Callable[[Membership], DistrustfulClient]
SECRETS = ("Wayfare", "Aisha", "Corner Shop", "wayfare.example")


def author(session: Session, challenge: Challenge) -> Membership:
    return accounts.member(
        session, Role.POLICY_AUTHOR, Role.APPROVER, organisation=challenge.organisation, name="Aisha Rahman"
    )


def state_of(session: Session, challenge: Challenge) -> str:
    session.refresh(challenge)
    return challenge.state.value


def filled(who: Membership, **changes: str) -> dict[str, str]:
    day = to_uk(clock.now() - timedelta(days=1)).date()
    given = {
        "title": "The budget of the pilot",
        "text": "Wayfare heard: it is 40,000 pounds.",
        "organisation": "Wayfare Ltd",
        "on_engage": "supplier",
        "channel": "phone",
        "told_on-day": str(day.day),
        "told_on-month": str(day.month),
        "told_on-year": str(day.year),
        "told_at": "09:30",
        "told_by": str(who.person_id),
    }
    return {**given, **changes}


def test_from_a_phone_call_to_everyone_without_naming_who_was_told(
    session: Session, browser_of: Browser, client: DistrustfulClient
) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.FINDINGS_DUE)
    advisory.team(session, name="Wayfare Ltd", website="https://wayfare.example")
    member = author(session, challenge)
    browser, own = browser_of(member), f"/department/challenges/{challenge.ref}"
    public = f"/challenges/{challenge.ref}"
    assert f"{own}/told" in links(browser.get(f"{own}/ledger").text)

    assert browser.post(f"{own}/told", data=filled(member)).status_code == 303
    fact = session.scalars(sa.select(ToldFact)).one()
    report = text_of(browser.get(f"{own}/ledger").text)
    assert "1 thing that some were told is not known to everyone." in report
    assert report.count("Wayfare Ltd") == 3, "in the report, among what was told elsewhere, and in its line"
    assert "1 working day" in report or "0 working days" in report
    everyone = text_of(client.get(f"{public}/ledger").text)
    assert "1 thing that some were told is still to be released." in everyone
    assert [word in everyone for word in (*SECRETS, "budget")] == [False] * 5

    browser.post(f"{own}/close")
    assert "cannot be closed yet" in text_of(browser.get(own).text)
    assert state_of(session, challenge) == "findings_due"

    page = f"/department/told/{fact.id}"
    assert f"{page}/release" in links(browser.get(page).text)
    shown = text_of(browser.get(f"{page}/release").text)
    assert "These words may tell who was told: Wayfare." in shown
    refused = browser.post(f"{page}/release", data={"wording": fact.text})
    assert refused.status_code == 422
    assert text_of(refused.text).count("Take out what may name who was told: “Wayfare”") == 2
    assert browser.post(f"{page}/release", data={"wording": "It is 40,000 pounds."}).status_code == 303
    assert browser.post(f"{page}/release", data={"wording": "Something else."}).status_code == 303

    for address in (public, f"{public}/ledger", "/challenges", f"/challenges/{challenge.ref}/changes"):
        assert [word in client.get(address).text for word in SECRETS] == [False] * 4
    assert "It is 40,000 pounds." in text_of(client.get(public).text)
    after = text_of(client.get(f"{public}/ledger").text)
    assert "Told to 1 organisation" in after
    assert "before everyone" in after
    browser.post(f"{own}/close")
    assert state_of(session, challenge) == "closed"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Enter what it is about"),
        ({"title": "x" * 151}, "characters"),
        ({"text": "  "}, "Enter what was said"),
        ({"text": "word " * 10_000}, "What was said must be 2,000 words or fewer"),
        ({"organisation": ""}, "Enter who was told"),
        ({"organisation": "Nobody Ltd"}, "No supplier called “Nobody Ltd” is on engage"),
        ({"on_engage": ""}, "Choose whether it is a supplier on engage"),
        ({"channel": "telepathy"}, "Choose"),
        ({"channel": "page"}, "Choose"),
        ({"told_on-year": "2999"}, "The day must be"),
        ({"told_on-day": ""}, "The day must include a day"),
        ({"told_at": "25:00"}, "The time must be a time"),
        ({"told_at": "9:30"}, "The time must say am or pm"),
        ({"told_at": ""}, "Enter the time"),
        ({"told_on-day": "29", "told_on-month": "3", "told_on-year": "2026", "told_at": "01:30"}, "skip"),
        ({"told_by": "0"}, "Choose"),
    ],
)
def test_bad_input_is_answered_with_its_mend(
    session: Session, browser_of: Browser, changes: dict[str, str], words: str
) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    member = author(session, challenge)
    address = f"/department/challenges/{challenge.ref}/told"
    answer = browser_of(member).post(address, data=filled(member, **changes))
    assert (answer.status_code, words in text_of(answer.text)) == (422, True)
    assert session.scalars(sa.select(Telling)).all() == []


def test_a_time_to_come_today_is_refused(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    member, soon = author(session, challenge), to_uk(clock.now() + timedelta(minutes=3))
    today = {"told_on-day": str(soon.day), "told_on-month": str(soon.month), "told_on-year": str(soon.year)}
    answer = browser_of(member).post(
        f"/department/challenges/{challenge.ref}/told", data=filled(member, **today, told_at=f"{soon:%H:%M}")
    )
    assert answer.status_code == 422
    assert session.scalars(sa.select(Telling)).all() == []


def test_somebody_else_can_be_told_the_same_later(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    member = author(session, challenge)
    browser = browser_of(member)
    browser.post(f"/department/challenges/{challenge.ref}/told", data=filled(member))
    fact = session.scalars(sa.select(ToldFact)).one()
    again = filled(member, organisation="Corner Shop", on_engage="other", channel="document")
    assert browser.post(f"/department/told/{fact.id}/again", data=again).status_code == 303
    shown = text_of(browser.get(f"/department/told/{fact.id}").text)
    assert "Corner Shop (not on engage)" in shown
    wrong = browser.post(f"/department/told/{fact.id}/again", data={**again, "organisation": " "})
    assert (wrong.status_code, "Enter who was told" in text_of(wrong.text)) == (422, True)


def test_what_is_told_in_another_department_is_not_there(
    session: Session, browser_of: Browser, browser_as: Any, client: DistrustfulClient
) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    member = author(session, challenge)
    browser_of(member).post(f"/department/challenges/{challenge.ref}/told", data=filled(member))
    fact = session.scalars(sa.select(ToldFact)).one()
    own = f"/department/challenges/{challenge.ref}"
    private = (
        f"/department/told/{fact.id}",
        f"/department/told/{fact.id}/again",
        f"/department/told/{fact.id}/release",
        f"{own}/ledger",
        f"{own}/ledger.csv",
        f"{own}/told",
        f"{own}/justify",
        f"{own}/route",
        f"{own}/steps",
    )
    rival = browser_as(Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR)
    supplier = browser_as(Role.SUPPLIER_ADMIN)
    assert [rival.get(address).status_code for address in private] == [404] * 9
    assert {supplier.get(address).status_code for address in private} == {403, 404}
    assert {client.get(address).status_code for address in private} == {302}
    auditor = browser_as(Role.AUDITOR)
    assert [auditor.get(address).status_code for address in private] == [
        200,
        403,
        403,
        200,
        200,
        403,
        403,
        200,
        200,
    ]
    assert "Wayfare Ltd" in text_of(auditor.get(private[0]).text)


def test_hidden_challenges_have_no_public_ledger(session: Session, client: DistrustfulClient) -> None:
    hidden = [
        challenges.challenge(session, state=state)
        for state in (ChallengeState.DRAFT, ChallengeState.APPROVED, ChallengeState.NOTICE_PENDING)
    ]
    answers = [client.get(f"/challenges/{each.ref}/ledger") for each in hidden]
    nothing = client.get("/challenges/ENG-1999-0001/ledger")
    assert [(each.status_code, each.text) for each in answers] == [(404, nothing.text)] * 3


def test_the_table_for_spreadsheets_computes_nothing(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session)
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact="version:1",
        summary='=HYPERLINK("https://evil.example")',
        channel=Channel.PAGE,
        body="Text",
    )
    answer = browser_of(author(session, challenge)).get(f"/department/challenges/{challenge.ref}/ledger.csv")
    assert answer.mimetype == "text/csv"
    assert f"ledger-{challenge.ref}.csv" in answer.headers["Content-Disposition"]
    head, line = list(csv.reader(io.StringIO(answer.text)))
    row = dict(zip(head, line, strict=True))
    assert row["what"] == '\'=HYPERLINK("https://evil.example")'
    assert (row["to_whom"], row["how"]) == ("Everyone", "page")
    assert row["released_at"].endswith("+00:00")
    assert row["released_at_uk"].endswith("(UK time)")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_each_sign_of_a_formula_is_taken_its_power(sign: str) -> None:
    ((cell,),) = csv.reader(io.StringIO(csv_text([], [[f"{sign}1"]]).partition("\r\n")[2]))
    assert cell == f"'{sign}1"


def test_long_ledgers_come_in_pages_and_statements_do_not_grow_with_them(
    session: Session, engine: sa.Engine, browser_of: Browser
) -> None:
    challenge = advisory.open_challenge(session)
    team = advisory.team(session, name="Wayfare Ltd")
    browser = browser_of(author(session, challenge))
    address = f"/department/challenges/{challenge.ref}/ledger"

    def lines(count: int) -> None:
        for number in range(count):
            ledger.disclose(
                session,
                challenge_ref=challenge.ref,
                fact=f"told:{number + 1}",
                summary=f"Thing {number}",
                channel=Channel.PHONE,
                audience=f"supplier:{team.supplier.ref}",
            )
        session.flush()

    lines(1)
    with selects(engine) as one:
        browser.get(address)
    lines(60)
    with selects(engine) as many:
        shown = browser.get(address)
    assert len(one) == len(many)
    assert "61 lines" in text_of(shown.text)
    table = [browser.get(f"{address}?page={page}").text.rpartition("<tbody")[2] for page in (1, 4)]
    assert [each.count("<tr") for each in table] == [20, 1]
    assert "Thing 0" in text_of(browser.get(f"{address}?page=4").text)
    assert browser.get(f"{address}?page=99").status_code == 200


def test_a_line_says_one_time_when_there_is_one_and_names_no_subscriber(
    session: Session, browser_of: Browser
) -> None:
    challenge = advisory.open_challenge(session)
    at = clock.now() - timedelta(days=1)
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact=f"withdrawal:{challenge.ref}",
        summary="Told at once",
        channel=Channel.MAIL,
        audience="subscriber:4711",
        released_at=at,
        delivered_at=at,
    )
    session.flush()
    browser = browser_of(author(session, challenge))
    address = f"/department/challenges/{challenge.ref}/ledger"
    at_once = text_of(browser.get(address).text)
    assert ["A subscriber to alerts" in at_once, "subscriber:4711" in at_once] == [True, False]
    assert ["Let go" in at_once, "Delivered" in at_once] == [False, False]
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact=f"withdrawal:{challenge.ref}",
        summary="Told later",
        channel=Channel.MAIL,
        audience="subscriber:4711",
        released_at=at - timedelta(hours=2),
        delivered_at=at,
    )
    session.flush()
    later = text_of(browser.get(address).text)
    assert (later.count("Let go"), later.count("Delivered")) == (1, 1)


@pytest.mark.parametrize("state", [ChallengeState.CLOSED, ChallengeState.WITHDRAWN])
def test_what_is_found_to_be_unequal_when_it_is_over_keeps_nothing_from_closing(
    session: Session, browser_of: Browser, client: DistrustfulClient, state: ChallengeState
) -> None:
    challenge = challenges.challenge(session, state=state, published_at=clock.now())
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact="told:7",
        summary="The budget",
        channel=Channel.PHONE,
        audience="supplier:A",
    )
    session.flush()
    browser = browser_of(author(session, challenge))
    own = browser.get(f"/department/challenges/{challenge.ref}/ledger").text
    public = text_of(client.get(f"/challenges/{challenge.ref}/ledger").text)
    assert "1 thing that some were told is not known to everyone, although the challenge is over." in public
    assert "Release each to everyone all the same." in text_of(own)
    assert ["cannot be closed" in page for page in (own, public)] == [False, False]
    assert f"/department/challenges/{challenge.ref}/justify" not in links(own)
