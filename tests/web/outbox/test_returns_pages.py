"""Pages of suppressed addresses, and the door for reports: who may, what is told, what changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import config
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.settings import configure
from engage.outbox import service
from engage.outbox.enums import LetterState, Outcome, SuppressionKind
from engage.outbox.jobs import write_check
from engage.outbox.models import Letter, Suppression
from engage.outbox.service.checking import check_token
from engage.outbox.service.returning import mark
from tests.factories import accounts, letters
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.support.reports import bounce, complaint

BrowserAs = Callable[..., DistrustfulClient]
TOKEN = "a token that mail systems know"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def door(settings: config.Config) -> Iterator[None]:
    """Reports may be posted with ``TOKEN``."""
    configure(replace(settings, mail_reports_token=TOKEN, mail_returns="bounces@mail.test"))
    yield
    configure(settings)


def sent(session: Session, **changes: Any) -> Letter:
    letter = letters.letter(session, **changes)
    letter.state, letter.sent_at = LetterState.SENT, clock.now()
    session.commit()
    return letter


def stopped(session: Session, email: str = "sam@example.test", **changes: Any) -> Suppression:
    service.suppress(session, email=email, reason="550 no such user", **changes)
    session.commit()
    return session.scalars(sa.select(Suppression).where(Suppression.email == email)).one()


def post(client: FlaskClient, data: bytes | dict[str, Any], **headers: str) -> Any:
    if isinstance(data, bytes):
        return client.post(
            "/mail/reports", data=data, headers=BEARER | headers, content_type="message/rfc822"
        )
    return client.post("/mail/reports", json=data, headers=BEARER | headers)


@pytest.mark.usefixtures("door")
def test_a_bounce_a_complaint_and_a_receipt_are_taken(session: Session, client: DistrustfulClient) -> None:
    one, two, three = (sent(session) for _ in range(3))
    to = f"bounces+{mark(one.id)}@mail.test"
    assert post(client, bounce(to=to)).get_json() == {"reports": 1, "taken": 1}
    assert post(client, complaint(came_from=f"bounces+{mark(two.id)}@mail.test")).get_json()["taken"] == 1
    receipt = {
        "id": "740e5834-3a29-46b4-9a6f-16142fde533a",
        "reference": mark(three.id),
        "to": three.recipient,
        "status": "delivered",
        "notification_type": "email",
    }
    assert post(client, receipt).get_json() == {"reports": 1, "taken": 1}
    session.expire_all()
    assert [one.outcome, two.outcome, three.outcome] == [
        Outcome.NO_ADDRESS,
        Outcome.COMPLAINT,
        Outcome.DELIVERED,
    ]
    assert session.scalars(sa.select(Suppression.email).order_by(Suppression.id)).all() == [
        one.recipient,
        two.recipient,
    ]


@pytest.mark.usefixtures("door")
def test_own_json_names_a_letter_by_mark_or_by_message_id(
    session: Session, client: DistrustfulClient
) -> None:
    one, two = sent(session), sent(session)
    answer = post(
        client,
        {
            "reports": [
                {"reference": mark(one.id), "outcome": "undelivered", "status": "5.2.2", "words": "full"},
                {
                    "message_id": two.message_id.strip("<>"),
                    "recipient": two.recipient,
                    "outcome": "no_address",
                },
                {"reference": "77-0000000000000000", "outcome": "complaint"},
            ]
        },
    )
    assert answer.get_json() == {"reports": 3, "taken": 2}
    session.expire_all()
    assert [one.outcome, two.outcome] == [Outcome.UNDELIVERED, Outcome.NO_ADDRESS]


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"no json", "body"),
        (b"[" * 100_000, "body"),
        (b"[]", "body"),
        (b'{"reports": 3}', "body"),
        (b'{"reports": [{"outcome": "eaten"}]}', "reports[0]"),
        (b'{"reports": ["x"]}', "reports[0]"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(
    client: DistrustfulClient, data: bytes, field: str
) -> None:
    answer = client.post("/mail/reports", data=data, headers=BEARER, content_type="application/json")
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer ä"])
def test_who_does_not_know_the_token_is_told_that_nothing_is_there(
    session: Session, client: DistrustfulClient, given: str
) -> None:
    letter = sent(session)
    data = bounce(to=f"bounces+{mark(letter.id)}@mail.test")
    headers = {"Authorization": given.encode().decode("latin-1")}
    answer = client.post("/mail/reports", data=data, headers=headers, content_type="message/rfc822")
    session.expire_all()
    assert (answer.status_code, letter.outcome) == (404, None)


def test_without_a_token_nobody_may_report(client: DistrustfulClient) -> None:
    for given in ("", "Bearer "):
        answer = client.post("/mail/reports", json={"reports": []}, headers={"Authorization": given})
        assert answer.status_code == 404


def check_jobs(session: Session) -> list[int | None]:
    rows = sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'outbox.write_check' ORDER BY id")
    return [row["suppression_id"] for row in session.scalars(rows)]


def test_mail_is_asked_for_again_without_an_account(session: Session, client: DistrustfulClient) -> None:
    found = stopped(session)
    for email in ("Sam@example.test", "nobody@example.test"):
        answer = client.post("/mail/stopped", data={"email": email})
        assert (answer.status_code, answer.location) == (303, "/mail/stopped/check-your-email")
    assert check_jobs(session) == [found.id, None]
    for job in (*check_jobs(session), found.id):
        write_check(job)
    letter = session.scalars(sa.select(Letter)).one()
    assert (letter.template, letter.recipient) == ("address_check", "sam@example.test")
    (link,) = set(re.findall(r"http://engage\.test(/mail/address/\S+)", letter.text))
    assert "sam@example.test" in client.get(link).get_data(as_text=True)
    assert service.is_suppressed(session, "sam@example.test")
    assert client.post(link).status_code == 303
    assert not service.is_suppressed(session, "sam@example.test")
    assert "Emails go to you" in client.get(link).get_data(as_text=True)
    assert client.post(link).status_code == 303


def test_a_link_that_was_changed_opens_nothing(session: Session, client: DistrustfulClient) -> None:
    token = check_token(stopped(session).id)
    for wrong in (token[:-1], token + "A", "x", token.replace(".", "..", 1)):
        assert client.get(f"/mail/address/{wrong}").status_code == 404
        assert client.post(f"/mail/address/{wrong}").status_code == 404
    assert service.is_suppressed(session, "sam@example.test")


def test_a_wrong_address_is_asked_for_again(client: DistrustfulClient) -> None:
    answer = client.post("/mail/stopped", data={"email": "sam"})
    assert answer.status_code == 422
    assert "Enter an email address in the correct format" in answer.get_data(as_text=True)


def test_a_person_sees_on_the_account_why_mail_stopped_and_gets_it_again(
    session: Session, browser_of: Callable[..., DistrustfulClient]
) -> None:
    member = accounts.member(session, Role.SUPPLIER_ADMIN)
    browser = browser_of(member)
    assert "Emails to you have stopped" not in browser.get("/account").get_data(as_text=True)
    stopped(session, member.person.email.lower(), kind=SuppressionKind.COMPLAINT)
    page = text_of(browser.get("/account").get_data(as_text=True))
    assert "An email from engage was reported as spam from your mailbox." in page
    assert browser.post("/account/mail").location == "/account"
    assert not service.is_suppressed(session, member.person.email)
    assert "Emails to you have stopped" not in text_of(
        browser.get("/account").get_data(as_text=True).replace("go out again", "")
    )


def test_one_person_lifts_nobody_elses(session: Session, browser_as: BrowserAs) -> None:
    stopped(session)
    browser_as(Role.SUPPLIER_ADMIN).post("/account/mail")
    assert service.is_suppressed(session, "sam@example.test")


def test_admins_see_who_gets_no_mail_and_why_and_lift_it(session: Session, browser_as: BrowserAs) -> None:
    letter = sent(session, to="sam@example.test")
    found = stopped(session, letter_id=letter.id)
    stopped(session, "kim@example.test", kind=SuppressionKind.COMPLAINT)
    auditor, admin = browser_as(Role.AUDITOR), browser_as(Role.PLATFORM_ADMIN)
    page = text_of(auditor.get("/admin/suppressions").get_data(as_text=True))
    assert "2 addresses" in page
    assert f"No such address550 no such user Letter {letter.id}" in page
    assert "Reported as spam" in page
    assert auditor.post(f"/admin/suppressions/{found.id}/lift").status_code == 403
    assert admin.post(f"/admin/suppressions/{found.id}/lift").status_code == 303
    assert not service.is_suppressed(session, "sam@example.test")
    assert admin.post("/admin/suppressions/999/lift").status_code == 404
    only = text_of(admin.get("/admin/suppressions?q=KIM").get_data(as_text=True))
    assert ("kim@example.test" in only, "sam@example.test" in only) == (True, False)
    before = text_of(admin.get("/admin/suppressions?lifted=yes").get_data(as_text=True))
    assert ("kim@example.test" in before, "sam@example.test" in before) == (False, True)


def test_a_letter_leads_to_its_suppression_without_the_address_in_the_link(
    session: Session, browser_as: BrowserAs
) -> None:
    letter = sent(session, to="sam@example.test")
    stopped(session, "kim@example.test")
    found = stopped(session, letter_id=letter.id)
    auditor = browser_as(Role.AUDITOR)
    link = f"/admin/suppressions?number={found.id}"
    assert f'href="{link}"' in auditor.get(f"/admin/letters/{letter.id}").get_data(as_text=True)
    page = text_of(auditor.get(link).get_data(as_text=True))
    assert ("sam@example.test" in page, "kim@example.test" in page) == (True, False)


def test_an_admin_stops_mail_because_somebody_asked(session: Session, browser_as: BrowserAs) -> None:
    admin = browser_as(Role.PLATFORM_ADMIN)
    fields = {"email": "Tired@example.test", "reason": "by telephone"}
    assert admin.post("/admin/suppressions", data=fields).status_code == 303
    found = session.scalars(sa.select(Suppression)).one()
    assert (found.email, found.kind, found.reason) == (
        "tired@example.test",
        SuppressionKind.ASKED,
        "by telephone",
    )
    for wrong in ({"email": "x", "reason": "y"}, {"email": "a@b.test", "reason": ""}):
        assert admin.post("/admin/suppressions", data=wrong).status_code == 422


def test_a_letter_to_somebody_who_complained_is_not_sent_again(
    session: Session, browser_as: BrowserAs
) -> None:
    letter = letters.letter(session, to="sam@example.test")
    letter.state = LetterState.FAILED
    stopped(session, kind=SuppressionKind.COMPLAINT)
    admin = browser_as(Role.PLATFORM_ADMIN)
    answer = admin.post(f"/admin/letters/{letter.id}/retry")
    assert answer.status_code == 409
    assert "reported mail from engage as spam" in text_of(answer.get_data(as_text=True))


def test_a_letter_shows_its_receipt_its_hash_and_what_was_heard_of_it(
    session: Session, browser_as: BrowserAs
) -> None:
    letter = sent(session)
    letter.receipt = "250 2.0.0 queued as 4F1"
    session.commit()
    service.take_report(
        session, service.Report(Outcome.NO_ADDRESS, letter_id=letter.id, status="5.1.1", words="nobody here")
    )
    session.commit()
    page = text_of(browser_as(Role.AUDITOR).get(f"/admin/letters/{letter.id}").get_data(as_text=True))
    for shown in (letter.body_hash, letter.receipt, "It came back: no such address", "5.1.1 nobody here"):
        assert shown in page
    assert "No email goes to this address: 5.1.1 nobody here" in page
    found = text_of(browser_as(Role.AUDITOR).get("/admin/letters?q=queued as 4F1").get_data(as_text=True))
    assert letter.recipient in found
    listed = text_of(browser_as(Role.AUDITOR).get("/admin/letters?outcome=no_address").get_data(as_text=True))
    assert (letter.recipient in listed, "no such address (1)" in listed) == (True, True)


def test_held_mass_mail_shows_count_list_and_words_and_is_released_by_name(
    session: Session, browser_as: BrowserAs
) -> None:
    for name in ("ann", "ben", "cas"):
        letters.letter(session, to=f"{name}@example.test", held=True)
    session.commit()
    query = "template=confirm_subscription"
    page = text_of(browser_as(Role.AUDITOR).get(f"/admin/letters/held?{query}").get_data(as_text=True))
    for shown in (
        "3 letters held",
        "ann@example.test",
        "cas@example.test",
        "Nothing is sent before you confirm",
    ):
        assert shown in page
    assert "Release 3 letters" not in page
    admin = browser_as(Role.PLATFORM_ADMIN)
    assert "Release 3 letters" in text_of(admin.get(f"/admin/letters/held?{query}").get_data(as_text=True))
    newest = session.scalar(sa.select(sa.func.max(Letter.id)))
    fields = {"template": "confirm_subscription", "challenge_ref": "", "up_to": newest}
    assert admin.post("/admin/letters/release", data=fields).status_code == 303
    assert session.execute(sa.select(Letter.state, sa.func.count()).group_by(Letter.state)).all() == [
        (LetterState.QUEUED, 3)
    ]
    assert None not in session.scalars(sa.select(Letter.released_by)).all()
    assert admin.get(f"/admin/letters/held?{query}").status_code == 404


def test_a_batch_is_cancelled_as_a_whole(session: Session, browser_as: BrowserAs) -> None:
    held = [letters.letter(session, held=True) for _ in range(2)]
    session.commit()
    fields = {"template": "confirm_subscription", "challenge_ref": "", "up_to": held[0].id}
    assert browser_as(Role.PLATFORM_ADMIN).post("/admin/letters/cancel", data=fields).status_code == 303
    session.expire_all()
    assert [letter.state for letter in held] == [LetterState.CANCELLED, LetterState.HELD]


def test_what_did_not_happen_in_time_is_said_in_the_back_office(
    session: Session, browser_as: BrowserAs
) -> None:
    admin = browser_as(Role.AUDITOR)
    assert "Warning" not in text_of(admin.get("/admin").get_data(as_text=True))
    late, failed = letters.letter(session), letters.letter(session)
    late.not_before = late.created_at = clock.now().replace(year=2020)
    failed.state = LetterState.FAILED
    session.commit()
    for page in ("/admin", "/admin/letters"):
        words = text_of(admin.get(page).get_data(as_text=True))
        assert "1 letter should have left" in words
        assert "1 letter failed for good" in words


def test_letters_without_words_say_so(session: Session, browser_as: BrowserAs) -> None:
    letter = sent(session)
    letter.text = letter.html = ""
    letter.emptied_at = clock.now()
    session.commit()
    admin = browser_as(Role.PLATFORM_ADMIN)
    page = text_of(admin.get(f"/admin/letters/{letter.id}").get_data(as_text=True))
    assert "They were removed on" in page
    letter.state, letter.sent_at = LetterState.FAILED, None
    session.commit()
    assert admin.post(f"/admin/letters/{letter.id}/retry").status_code == 409


def test_the_json_of_notify_that_is_not_the_end_is_taken_quietly(
    door: None, client: DistrustfulClient
) -> None:
    body = json.dumps({"notification_type": "email", "status": "sending", "reference": "1-0"})
    answer = client.post("/mail/reports", data=body, headers=BEARER, content_type="application/json")
    assert answer.get_json() == {"reports": 0, "taken": 0}
