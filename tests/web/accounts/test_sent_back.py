"""Whoever was signed out meanwhile signs in again and is back where they were, also after sending a form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory.models import Seat
from tests.factories import advisory
from tests.factories.accounts import PASSWORD
from tests.support.client import DistrustfulClient
from tests.support.html import text_of

Browser = Callable[[Membership], DistrustfulClient]
SITE = "http://localhost"
SAID = "You were signed out, so nothing was sent or saved."


@pytest.fixture
def with_tokens(web_app: Flask) -> Iterator[None]:
    """Check tokens against forged posts as a running site does."""
    web_app.config["WTF_CSRF_ENABLED"] = True
    yield
    web_app.config["WTF_CSRF_ENABLED"] = False


def after(location: str) -> list[str]:
    return parse_qs(urlsplit(location).query).get("next", [])


@pytest.mark.parametrize(
    ("sent_from", "back"),
    [
        ("/supplier/invitations/{}", ["/supplier/invitations/{}"]),
        ("/supplier/invitations/{}?seen=1", ["/supplier/invitations/{}?seen=1"]),
        ("/supplier/invitations/{}/accept", ["/supplier/invitations/{}"]),  # came back with mistakes before
        ("/no/such/page", []),
    ],
)
def test_a_form_sent_after_signing_out_leads_back_to_its_page(
    client: DistrustfulClient, sent_from: str, back: list[str]
) -> None:
    referrer = SITE + sent_from.format("abc")
    answer = client.post("/supplier/invitations/abc/accept", headers={"Referer": referrer})
    assert (answer.status_code, urlsplit(answer.location).path) == (302, "/sign-in")
    assert after(answer.location) == [each.format("abc") for each in back]
    assert SAID in text_of(client.get(answer.location).text)


@pytest.mark.parametrize(
    "referrer", ["", "https://elsewhere.example/supplier/invitations/abc", "http://localhost.evil/x"]
)
def test_nobody_is_sent_to_a_page_of_another_site(client: DistrustfulClient, referrer: str) -> None:
    answer = client.post("/supplier/invitations/abc/accept", headers={"Referer": referrer})
    assert (answer.status_code, after(answer.location)) == (302, [])


@pytest.mark.usefixtures("with_tokens")
def test_a_token_that_went_with_the_signing_out_says_so(client: DistrustfulClient) -> None:
    referrer = f"{SITE}/supplier/invitations/abc"
    answer = client.post("/supplier/invitations/abc/accept", headers={"Referer": referrer})
    assert (answer.status_code, after(answer.location)) == (302, ["/supplier/invitations/abc"])


@pytest.mark.usefixtures("with_tokens")
def test_who_is_signed_in_or_at_a_public_form_is_told_to_reload(
    client: DistrustfulClient, session: Session, browser_of: Browser
) -> None:
    team = advisory.team(session)
    signed_in = browser_of(team.membership).post("/supplier/invitations/abc/accept")
    public = client.post("/alerts")
    assert [signed_in.status_code, public.status_code] == [400, 400]
    assert "open for too long" in text_of(signed_in.text)


def test_from_an_invitation_over_signing_in_back_to_it(session: Session, client: DistrustfulClient) -> None:
    team = advisory.team(session)
    challenge = advisory.open_challenge(session)
    meeting = advisory.meeting(session, challenge=challenge)
    invitation = advisory.invitation(session, challenge=challenge, supplier=team.supplier)
    address = f"/supplier/invitations/{invitation.ref}"
    sent = client.post(
        f"{address}/accept",
        data={"meeting": meeting.ref, "attested": "y", "attendee": team.person.id},
        headers={"Referer": SITE + address},
    )
    (back,) = after(sent.location)
    signed = client.post("/sign-in", data={"email": team.person.email, "password": PASSWORD, "next": back})
    assert (signed.status_code, signed.location) == (303, address)
    assert session.query(Seat).count() == 0
