"""One's own calendar: the page with its secret address, and the file that calendar programs fetch."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.views import bp
from engage.advisory.views.calendars import CALENDAR
from engage.http.access import actor, public, signed_in
from engage.http.session import db, writes


@bp.get("/account/calendar")
@signed_in
def my_calendar() -> ResponseReturnValue:
    """Show the secret address of one's own calendar, if there is one."""
    feed = queries.feed_of(db(), person_id=actor().person_id)
    address = service.feed_address(feed) if feed else ""
    response = Response(render_template("advisory/my_calendar.html", feed=feed, feed_url=address))
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/account/calendar")
@signed_in
@writes
def make_feed() -> ResponseReturnValue:
    """Make the address, or a new one in place of the former."""
    service.make_feed(db(), actor=actor())
    flash("This is the address of your calendar. One that you had before no longer works.", "success")
    return redirect(url_for("advisory.my_calendar"), 303)


@bp.post("/account/calendar/end")
@signed_in
@writes
def end_feed() -> ResponseReturnValue:
    """Take the address away."""
    service.end_feed(db(), actor=actor())
    flash("The address no longer works.", "success")
    return redirect(url_for("advisory.my_calendar"), 303)


@bp.get("/calendar/mine/<secret>.ics")
@public
def feed(secret: str) -> ResponseReturnValue:
    """Give the sessions of the person whose secret address this is, with how to join."""
    response = Response(service.read_feed(db(), secret=secret), content_type=CALENDAR)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
