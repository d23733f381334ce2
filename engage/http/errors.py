"""One table assigns HTTP codes to errors; one place renders them."""

from __future__ import annotations

import sqlalchemy as sa
import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from engage.http import access
from engage.http.templates import render_bare
from engage.http.uploads import MEGABYTE, largest_file
from engage.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound

log = structlog.get_logger()

STATUS: dict[type[DomainError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Invalid: 422,
    DomainError: 400,
}
TOO_LARGE = 413
READS = {"GET", "HEAD", "OPTIONS"}
PAGES = {400, 403, 404, 405, 409, 413, 422, 429, 500, 503}


def status_of(error: DomainError) -> int:
    """Return the HTTP code for ``error``."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def page(status: int, message: str = "") -> tuple[str, int]:
    """Render the error page for ``status`` with the sentence ``message``."""
    name = status if status in PAGES else 400 if status < 500 else 500
    # Who is signed in is asked of the database, which may be what failed.
    render = render_bare if status >= 500 else render_template
    return render(f"errors/{name}.html", message=message), status


def init_app(app: Flask) -> None:
    """Register the error handlers."""

    @app.errorhandler(DomainError)
    def domain(error: DomainError) -> ResponseReturnValue:
        return page(status_of(error), error.message)

    @app.errorhandler(CSRFError)
    def csrf(_error: CSRFError) -> ResponseReturnValue:
        return _without_token()

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if isinstance(error, InternalServerError) or error.code is None:
            log.error("unhandled", where=_where(), exc_info=error.__cause__ or error)
            return page(500)
        if error.code < 400:
            return error
        return page(error.code, _too_large() if error.code == TOO_LARGE else "")

    @app.errorhandler(IntegrityError)
    def integrity(error: IntegrityError) -> ResponseReturnValue:
        log.warning("constraint refused a write", where=_where(), constraint=constraint_of(error))
        return page(409, "Somebody else changed this at the same moment. Reload the page and try again.")

    @app.errorhandler(DataError)
    def data(error: DataError) -> ResponseReturnValue:
        log.info("value no column can hold", where=_where(), error=type(error.orig).__name__)
        if request.method in READS:
            return page(404)
        return page(400, "Something you sent cannot be stored: a number too large, or a hidden character.")

    @app.errorhandler(sa.exc.TimeoutError)
    @app.errorhandler(OperationalError)
    def database(error: Exception) -> ResponseReturnValue:
        log.error("database trouble", where=_where(), error=str(error).splitlines()[0])
        return page(503)


def _without_token() -> ResponseReturnValue:
    if access.for_signed_in() and access.current_actor() is None:
        return access.to_sign_in()  # whoever signed out elsewhere meanwhile lost the token with it
    return page(400, "The page you sent was open for too long. Go back, reload it and send it again.")


def _too_large() -> str:
    file = largest_file()
    if file:
        return f"The file is larger than {file // MEGABYTE} MB, the most that this page takes. Nothing has been saved."
    most = (request.max_content_length or 0) // MEGABYTE
    return f"What you sent is larger than {most} MB, the most that this page takes. Nothing has been saved."


def _where() -> str:
    # Never the path: it may hold the token of a link that still works.
    return str(request.url_rule or "no such address")


def constraint_of(error: DBAPIError) -> str | None:
    """Return the name of the constraint that refused the write, if the database named one."""
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None)
