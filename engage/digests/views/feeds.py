"""Feeds of what everybody may read, with the filters of the public list."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.challenges.forms import FilterForm
from engage.digests import service
from engage.digests.views import bp
from engage.http.access import public
from engage.http.session import db
from engage.kernel.settings import settings
from engage.kernel.text import sha256

ATOM = {"format": "atom"}
JSON = {"format": "json"}
TYPES = {"atom": "application/atom+xml; charset=utf-8", "json": "application/feed+json; charset=utf-8"}
TITLES = {"challenges": "Challenges", "changes": "What happened to challenges"}


@bp.get("/feeds/challenges.atom", defaults={**ATOM, "kind": "challenges"})
@bp.get("/feeds/challenges.json", defaults={**JSON, "kind": "challenges"})
@bp.get("/feeds/changes.atom", defaults={**ATOM, "kind": "changes"})
@bp.get("/feeds/changes.json", defaults={**JSON, "kind": "changes"})
@public
def feed(kind: str, format: str) -> ResponseReturnValue:  # noqa: A002 - as it is called in the address
    """Give the public challenges, or what happened to them, to feed readers; with the filters of the list.

    A reader that brings back the ETag it was given gets 304 while nothing has changed. There is no ``Last-Modified``: a
    challenge that goes out of view takes its date with it, and what is left would look unchanged.
    """
    form = FilterForm([(found.id, found.name) for found in challenges.departments(db())])
    words, department_id, state = form.read()
    condition = challenges.listed(words=words, department_id=department_id, state=state)
    entries = service.challenge_entries if kind == "challenges" else service.change_entries
    query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
    made = service.Feed(
        title=f"{TITLES[kind]} about “{words}” – engage" if words else f"{TITLES[kind]} – engage",
        url=f"{settings().base_url}{request.path}{query}",
        page=f"{settings().base_url}/challenges{query}",
        entries=entries(db(), condition),
    )
    body = service.atom(made) if format == "atom" else service.json_feed(made)
    response = Response(body, content_type=TYPES[format])
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(sha256(body.decode()))
    return response.make_conditional(request)
