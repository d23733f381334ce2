"""What a subscription has brought: the digests that were sent, and the whole of one."""

from __future__ import annotations

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from engage.digests import queries, service
from engage.digests.views import PRIVATE, bp
from engage.http.access import public
from engage.http.pagination import page_number
from engage.http.session import db


@bp.get("/alerts/<subscription_token>/told")
@public
def past(subscription_token: str) -> ResponseReturnValue:
    """List the digests that a subscription has brought."""
    found = queries.subscription(db(), service.subscription_id(subscription_token))
    page = render_template(
        "digests/past.html",
        token=subscription_token,
        what=queries.about(db(), found),
        headline=service.headline_of,
        page=queries.past(db(), subscription_id=found.id, page=page_number()),
    )
    return make_response(page, PRIVATE)


@bp.get("/alerts/<subscription_token>/told/<int:edition_id>")
@public
def told(subscription_token: str, edition_id: int) -> ResponseReturnValue:
    """Show everything that one digest told, as far as it is public today: a mail shows the first twenty."""
    number = service.subscription_id(subscription_token)
    kept = queries.told_in(db(), subscription_id=number, edition_id=edition_id)
    entries = service.read_again(db(), kept, only_open=False)
    page = render_template("digests/told.html", token=subscription_token, entries=entries)
    return make_response(page, PRIVATE)
