"""What the tests of accounts' pages share."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from engage.accounts import jobs
from engage.outbox.models import Letter
from tests.factories.accounts import PASSWORD
from tests.support.client import DistrustfulClient
from tests.support.queue import run_waiting

ANSWERS = (
    ("/register", {"kind": "supplier"}),
    ("/register/organisation", {"organisation": "Tidal Works Ltd"}),
    ("/register/identifier", {"scheme": "GB-COH"}),
    ("/register/number", {"number": "445790"}),
    ("/register/you", {"name": "Ada Lovelace", "email": "ada@tidal.example"}),
)
GOOD_PASSWORD = "kettle violin harbour"


def sign_in(client: DistrustfulClient, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def fill_in(client: DistrustfulClient, **changed: dict[str, str]) -> list[str]:
    """Answer the pages of registration up to the last; return where each answer led. Keys are the last path part."""
    led = []
    for path, answers in ANSWERS:
        response = client.post(path, data=changed.get(path.rsplit("/", 1)[1], answers))
        led.append(response.headers.get("Location", str(response.status_code)))
    return led


def register(client: DistrustfulClient, **changed: dict[str, str]) -> TestResponse:
    fill_in(client, **changed)
    return client.post("/register/password", data={"password": GOOD_PASSWORD})


def mails(session: Session) -> list[Letter]:
    """Write the letters that wait to be written; return every letter, oldest first."""
    run_waiting(session, jobs.write_letter.name)
    return list(session.scalars(sa.select(Letter).order_by(Letter.id)))


def link_in(letter: Letter) -> str:
    """The path of the link with a token in a letter."""
    found = re.search(r"http://engage\.test(/(?:verify-email|reset-password)/\S+)", letter.text)
    assert found is not None, letter.text
    return found.group(1)
