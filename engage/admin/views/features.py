"""How far the reading of statements for matching is."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.http.access import requires
from engage.http.session import db
from engage.matchmaking import service


@bp.get("/features")
@requires(AdminPermission.READ)
def features() -> ResponseReturnValue:
    """Show how many statements are ready to be compared, and since when the oldest of the others waits."""
    return render_template(
        "admin/features.html", progress=service.progress(db()), waiting_since=service.waiting_since(db())
    )
