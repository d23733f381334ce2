"""Many people at real browsers' end of HTTP, all at the same moment: what they send, what they get, how long it took."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Flask

from engage.accounts.models import Membership
from engage.accounts.service import start_session
from engage.kernel.db import unit_of_work
from tests.support.forms import PageForm, forms_of

T = TypeVar("T")

PATIENCE = 90.0
CUT = 0
"""The status of a request whose answer never came."""


@dataclass(frozen=True)
class Answer:
    """What came back: ``status`` is ``CUT`` when nothing did. ``seconds`` is how long it took."""

    status: int
    location: str
    text: str
    seconds: float


@dataclass(frozen=True)
class Browser:
    """Somebody's browser: the site's address and the cookie."""

    url: str
    cookie: str = ""

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._send("GET", path, None)

    def post(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form."""
        return self._send("POST", path, urlencode(fields))

    def form(self, page: str, action: str) -> PageForm:
        """Open ``page`` and return its form to ``action`` (to the page itself when empty), as it would be sent."""
        answer = self.get(page)
        assert answer.status == http.HTTPStatus.OK, f"{page} answered {answer.status}"
        forms = forms_of(answer.text)
        found = [form for form in forms if (form.action.endswith(action) if action else not form.action)]
        assert len(found) == 1, f"{page} has {len(found)} forms to {action}"
        return found[0]

    def submit(self, page: str, action: str, **changes: str) -> Answer:
        """Open ``page``, fill its form to ``action`` with ``changes`` and send it."""
        form = self.form(page, action)
        return self.post(form.action or page, {**form.fields, **changes})

    def _send(self, method: str, path: str, body: str | None) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
        headers = {"Cookie": self.cookie, "Accept": "text/html", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.monotonic()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return Answer(CUT, "", "", time.monotonic() - started)
        finally:
            connection.close()
        return Answer(answer.status, answer.headers.get("Location", ""), text, time.monotonic() - started)


def signed_in(app: Flask, url: str, members: Sequence[Membership]) -> list[Browser]:
    """Return a signed-in browser for each member; ``app`` has the secret that the site signs its cookies with."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # Flask's own kind of cookie
    with unit_of_work() as session:
        tokens = [start_session(session, person=each.person, membership=each) for each in members]
    name = app.config["SESSION_COOKIE_NAME"]
    cookies = [{"_user_id": token, "_fresh": True, "csrf_token": os.urandom(20).hex()} for token in tokens]
    return [Browser(url, f"{name}={signer.dumps(cookie)}") for cookie in cookies]


def at_once(deeds: Sequence[Callable[[], T]]) -> list[T]:
    """Do all ``deeds`` at the same moment, each in a thread of its own, and return what they gave, in order."""
    start = Barrier(len(deeds), timeout=60)

    def do(deed: Callable[[], T]) -> T:
        start.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))
