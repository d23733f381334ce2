"""Every endpoint is in the access matrix, is marked as it says, and answers every role as it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

import config
from engage.app import create_app
from engage.kernel.actor import Role
from engage.kernel.permissions import Permission
from tests.contracts.access_matrix import MATRIX, PUBLIC, SIGNED_IN
from tests.factories import accounts
from tests.support.client import begin, carry, prepare

VISITOR = "visitor"
PERSONAS: tuple[str, ...] = (VISITOR, *Role)


@dataclass(frozen=True)
class Odd:
    """What to put into the places of an address."""

    text: str
    number: int


PLAIN = Odd("no-such-thing", 1)
ODD = [Odd("ENG-\0", 2**31), Odd("9" * 30, 10**20)]
ASKED = ("q", "page", "department", "state", "membership_id", "id", "person", "challenge", "subject", "since")


@pytest.fixture(scope="module")
def app(settings: config.Config) -> Flask:
    return prepare(create_app(settings))


@dataclass(frozen=True)
class Call:
    endpoint: str
    method: str
    url: str


class Browsers:
    """Makes a new browser for each call of one persona.

    Those that only read carry the same session: reading can end none. Some POSTs end it, or all of a person, so each has
    one of its own and they come after the reading, see ``calls``.
    """

    def __init__(self, app: Flask, session: Session, persona: str) -> None:
        self.app = app
        self.member = accounts.member(session, Role(persona)) if persona != VISITOR else None
        self.reading = begin(self.member) if self.member else ""

    def new(self, method: str) -> FlaskClient:
        """Return a browser for one call by ``method``."""
        made = FlaskClient(self.app, self.app.response_class)
        if self.member is not None:
            carry(made, self.reading if method in {"GET", "HEAD"} else begin(self.member))
        return made


def calls(app: Flask, odd: Odd | None = None) -> Iterator[Call]:
    """Every endpoint and method, with an address that fits its rule and names nothing that exists; GET before others."""
    rules = app.url_map.iter_rules()
    found = [(rule, method) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    for rule, method in sorted(found, key=lambda each: (each[1] != "GET", each[1])):
        yield Call(rule.endpoint, method, address(rule, odd or PLAIN))


def address(rule: Rule, sample: Odd) -> str:
    """An address for ``rule`` with sample values."""
    kinds = {
        name: type(converter).__name__.replace("Converter", "").lower()
        for name, converter in rule._converters.items()
    }
    values = {
        name: sample.number if kind == "integer" else "no/such" if kind == "path" else sample.text
        for name, kind in kinds.items()
    }
    _, path = rule.build(values, append_unknown=False) or ("", "")
    return path


def test_the_matrix_lists_every_endpoint_and_nothing_else(app: Flask) -> None:
    assert sorted(MATRIX) == sorted({rule.endpoint for rule in app.url_map.iter_rules()})


def test_every_view_carries_the_access_the_matrix_says(app: Flask) -> None:
    marks = {name: getattr(view, "engage_access", None) for name, view in app.view_functions.items()}
    assert {name: marks[name] for name in MATRIX if name in marks} == MATRIX


def test_only_views_that_answer_posts_may_write(app: Flask) -> None:
    writers = {name for name, view in app.view_functions.items() if getattr(view, "engage_writes", False)}
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())}
    assert writers - posts == set()


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_endpoint_answers_as_the_matrix_says(app: Flask, session: Session, persona: str) -> None:
    browsers = Browsers(app, session, persona)
    wrong = []
    for call in calls(app):
        response = browsers.new(call.method).open(call.url, method=call.method)
        fault = judge(call, persona, response.status_code, response.headers.get("Location", ""))
        if fault:
            wrong.append(f"{call.method} {call.url} ({call.endpoint}): {fault}")
    assert wrong == []


@pytest.mark.parametrize("persona", [VISITOR, Role.PLATFORM_ADMIN])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("odd", ODD)
def test_no_address_is_too_odd(app: Flask, session: Session, persona: str, method: str, odd: Odd) -> None:
    browsers = Browsers(app, session, persona)
    failed = []
    for call in calls(app, odd):
        if call.method == "GET":
            asked = dict.fromkeys(ASKED, odd.text)
            status = browsers.new(method).open(call.url, method=method, query_string=asked).status_code
            if status >= 500:
                failed.append(f"{method} {call.url} ({call.endpoint}): {status}")
    assert failed == []


@pytest.mark.parametrize("persona", [Role.PLATFORM_ADMIN, Role.POLICY_AUTHOR, Role.SUPPLIER_ADMIN])
@pytest.mark.parametrize("odd", ODD)
def test_no_number_posted_is_too_odd(app: Flask, session: Session, persona: Role, odd: Odd) -> None:
    browsers = Browsers(app, session, persona)
    failed = []
    for call in calls(app, odd):
        if call.method == "POST":
            asked = dict.fromkeys(ASKED, odd.text)
            status = browsers.new("POST").post(call.url, data=asked).status_code
            if status >= 500:
                failed.append(f"POST {call.url} ({call.endpoint}): {status}")
    assert failed == []


def judge(call: Call, persona: str, status: int, location: str) -> str:
    """Return what is wrong with an answer, or nothing."""
    access = MATRIX.get(call.endpoint)
    sent_to_sign_in = status in {302, 303} and location.split("?", maxsplit=1)[0].endswith("/sign-in")
    if status >= 500:
        return f"status {status}"
    if access == PUBLIC:
        return (
            "visitors are sent away"
            if persona == VISITOR and sent_to_sign_in and call.method == "GET"
            else ""
        )
    if persona == VISITOR:
        return "" if sent_to_sign_in else f"a visitor got {status}"
    if access == SIGNED_IN:
        return "a signed-in person was sent to sign in" if sent_to_sign_in else ""
    assert isinstance(access, Permission)
    if Role(persona) in access.roles:
        return f"{persona} got {status}" if status == 403 or sent_to_sign_in else ""
    return "" if status == 403 else f"{persona} got {status} instead of 403"
