"""The web client that distrusts the view: after each answer it checks the page, and that nothing was left unsaved."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engage.accounts.models import Membership
from engage.accounts.service import start_session
from engage.kernel.db import unit_of_work
from tests.support import html


class DistrustfulClient(FlaskClient):
    """A test client that sends CSRF tokens like a browser and checks what comes back."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request; a page with faults or an unsaved change fails the test."""
        response = super().open(*args, **kwargs)
        mail = "sandbox" in response.headers.get("Content-Security-Policy", "")  # shown in its own styles
        if response.mimetype == "text/html" and response.data and not mail:
            wrong = html.faults(response.get_data(as_text=True))
            assert wrong == [], f"{response.request.path}: {wrong}"
        unsaved = self.application.extensions.pop("engage_unsaved", [])
        assert unsaved == [], f"{response.request.path} left unsaved: {unsaved}"
        return response

    def sign_in(self, membership: Membership) -> DistrustfulClient:
        """Sign in as ``membership`` without the form."""
        sign_in(self, membership)
        return self


def sign_in(client: FlaskClient, membership: Membership) -> None:
    """Put a signed-in session for ``membership`` into the client's cookie."""
    carry(client, begin(membership))


def begin(membership: Membership) -> str:
    """Start a session for ``membership`` and return what its cookie carries."""
    with unit_of_work() as session:
        merged = session.merge(membership)
        return start_session(session, person=merged.person, membership=merged)


def carry(client: FlaskClient, token: str) -> None:
    """Put the session that ``begin`` started into the client's cookie."""
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True


def prepare(app: Flask) -> Flask:
    """Make ``app`` testable: no CSRF tokens to fetch, unsaved changes reported to the client."""
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = DistrustfulClient

    @app.after_request
    def note_unsaved(response: Any) -> Any:
        session = g.get("db")
        if session is not None:
            left = [repr(thing) for thing in (*session.new, *session.deleted)]
            left += [repr(thing) for thing in session.dirty if session.is_modified(thing)]
            if left and response.status_code < 400:
                app.extensions["engage_unsaved"] = left
        return response

    return app
