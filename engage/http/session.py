"""One database session per request, and the only commit of the web: ``@writes``.

GET and HEAD get a session in which the database refuses every write. Flask-Login's loader uses the same session.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Flask, Response, g, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engage.kernel.db import new_session

P = ParamSpec("P")

FIRST_FAILURE = 400


def db() -> Session:
    """Return the session of this request, opening it at first use."""
    if "db" not in g:
        g.db = new_session(read_only=request.method in {"GET", "HEAD", "OPTIONS"})
    session: Session = g.db
    return session


def writes(view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
    """Commit what ``view`` did when it answers below 400; roll back on an exception or an error answer.

    A view without this decorator cannot change anything: its work is rolled back when the request ends.
    """

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Response:
        session = db()
        try:
            response = make_response(view(*args, **kwargs))
        except BaseException:
            session.rollback()
            raise
        if response.status_code >= FIRST_FAILURE:
            session.rollback()
        else:
            session.commit()
        return response

    wrapped.engage_writes = True  # type: ignore[attr-defined]  # read by the contract tests
    return wrapped


def init_app(app: Flask) -> None:
    """Close the request's session when the request ends, whatever happened."""

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        session = g.pop("db", None)
        if session is not None:
            session.close()
