"""Calling everything that can be called from outside, and keeping what came back in a form that can be compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from engage.accounts.models import Membership
from engage.accounts.service import start_session
from engage.http.limits import PostgresStorage
from tests.contracts.worlds import Names
from tests.support.html import without_tokens

OUTSIDE = {"REMOTE_ADDR": "203.0.113.9"}
OWN_HEADERS = {"Set-Cookie", "Date"}


@dataclass(frozen=True)
class Place:
    """An address that somebody calls."""

    endpoint: str
    persona: str
    method: str
    url: str
    query: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back: everything that a person or a machine could compare."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def reached(self) -> bool:
        """Whether the view itself answered: not the door before it, and not the page of what does not exist."""
        where = dict(self.headers).get("Location", "")
        return self.status < 400 and "/sign-in" not in where


@dataclass(frozen=True)
class Caller:
    """Who calls: nobody, or somebody who has signed in."""

    name: str
    token: str = ""

    def browser(self, app: Flask) -> FlaskClient:
        """Return a new browser that knows no cookie but this person's."""
        client = FlaskClient(app, app.response_class)
        if self.token:
            with client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = self.token, True
        return client


def caller(session: Session, name: str, membership: Membership) -> Caller:
    """Let somebody sign in."""
    return Caller(name, start_session(session, person=membership.person, membership=membership))


def call_all(
    app: Flask,
    callers: Sequence[Caller],
    *,
    names: Names,
    hidden: Names,
    queries: Sequence[str],
    posts: Names,
) -> Mapping[Place, Answer]:
    """Call every endpoint as every caller with every name, and return the answers.

    What has no name in its address is asked with each of ``queries``, too. Every POST is sent, without a form, to what
    ``posts`` names.
    """
    PostgresStorage().reset()
    found = {}
    everything = {key: [*names.get(key, []), *hidden.get(key, [])] for key in {**names, **hidden}}
    browsers = [(who, who.browser(app)) for who in callers]
    for (who, browser), rule in itertools.product(browsers, app.url_map.iter_rules()):
        methods = rule.methods or set()
        if "GET" in methods:
            asked = [""] if rule.arguments else queries
            for url, query in itertools.product(addresses(rule, everything), asked):
                place = Place(rule.endpoint, who.name, "GET", url, query)
                found[place] = _call(browser, place)
        if "POST" in methods and _concerns(rule, posts):
            for url in addresses(rule, {**names, **posts}):
                place = Place(rule.endpoint, who.name, "POST", url)
                found[place] = _call(who.browser(app), place)  # what it flashes shows on no later page
    return found


KINDS = (
    ("/calendar/", "session"),
    ("/department/sessions/", "session"),
    ("/sessions/", "session"),
    ("/supplier/invitations/", "invitation"),
    ("/supplier/matches/", "run"),
    ("/supplier/sessions/", "session"),
    ("/suppliers/", "supplier"),
)
"""What a reference in an address belongs to, by how the address begins; else to a challenge."""


def addresses(rule: Rule, names: Names) -> Iterator[str]:
    """Return every address that ``rule`` makes of ``names``; none when it has a place without a name.

    The names for a place called ``ref`` are those under ``ref:KIND``, see ``KINDS``.
    """
    kind = next((kind for start, kind in KINDS if rule.rule.startswith(start)), "challenge")
    known = {**names, "ref": names.get(f"ref:{kind}", [])}
    places = sorted(rule.arguments)
    for values in itertools.product(*(known.get(place, []) for place in places)):
        built = rule.build(dict(zip(places, values, strict=True)), append_unknown=False)
        if built is not None:
            yield built[1]


def _concerns(rule: Rule, hidden: Names) -> bool:
    return bool(rule.arguments & {name.partition(":")[0] for name in hidden})


def _call(client: FlaskClient, place: Place) -> Answer:
    url = f"{place.url}?{place.query}" if place.query else place.url
    response = client.open(url, method=place.method, environ_base=OUTSIDE)
    headers = sorted((name, value) for name, value in response.headers.items() if name not in OWN_HEADERS)
    body = without_tokens(response.get_data(as_text=True))
    if place.method == "POST":
        with client.session_transaction() as cookie:
            body += repr(cookie.get("_flashes"))
    return Answer(response.status_code, tuple(headers), body)
