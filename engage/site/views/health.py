"""For those who run engage: is it alive, is it ready, what are its numbers."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

import sqlalchemy as sa
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from engage.http.access import public
from engage.http.session import db
from engage.kernel.errors import NotFound
from engage.kernel.migrate import is_current
from engage.kernel.settings import settings
from engage.site.metrics import exposition, worker_seen
from engage.site.views import bp


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Say that the process answers; touches nothing."""
    return Response("alive\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Say whether requests can be served: the database answers and is up to date; 503 otherwise.

    A missing worker is told but does not stop the site: pages do not depend on mail.
    """
    try:
        session = db()
        current = is_current(session.connection())
        seen = worker_seen(session)
    except (SQLAlchemyError, sa.exc.TimeoutError):
        return jsonify(database="down"), 503
    answer = {
        "database": "up",
        "migrations": "current" if current else "behind",
        "worker": seen.isoformat() if seen else "never seen",
    }
    return jsonify(answer), 200 if current else 503


@bp.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Return the numbers of the service in Prometheus' format, to who holds the token or asks from this machine.

    They count what is not public too: everybody else is told that there is nothing.
    """
    if not _may_measure():
        raise NotFound
    return Response(exposition(db()), mimetype="text/plain; version=0.0.4")


def _may_measure() -> bool:
    token = settings().metrics_token
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {token}")
    direct = "X-Forwarded-For" not in request.headers and "Forwarded" not in request.headers
    return direct and ip_address(request.remote_addr or "::").is_loopback
