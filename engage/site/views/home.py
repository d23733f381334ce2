"""The home page and the search box."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries as advisory
from engage.challenges import queries as challenges
from engage.http.access import current_actor, public
from engage.http.session import db
from engage.site.figures import headline_figures
from engage.site.views import bp

SHOWN = 4


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Answer in five seconds: what is open, and what happened because of it."""
    session = db()
    return render_template(
        "site/home.html",
        figures=headline_figures(session),
        open_challenges=challenges.open_challenges(session)[:SHOWN],
        sessions=advisory.upcoming_public_sessions(session, limit=SHOWN),
        closed=challenges.recently_closed(session, limit=3),
        signed_in=current_actor() is not None,
    )


@bp.get("/search")
@public
def search() -> ResponseReturnValue:
    """Send the words of the search box to the list of challenges."""
    return redirect(url_for("challenges.index", q=request.args.get("q", "")), code=302)
