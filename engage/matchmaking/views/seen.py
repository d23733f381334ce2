"""What the matcher sees of a supplier, for its own people."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.http.access import actor, requires
from engage.http.session import db
from engage.kernel import codes
from engage.matchmaking import service
from engage.matchmaking.enums import HardRule
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.views import bp
from engage.suppliers import policy as supplier_policy
from engage.suppliers import queries as suppliers


@bp.get("/supplier/what-the-matcher-sees")
@requires(MatchmakingPermission.OPPORTUNITIES)
def seen() -> ResponseReturnValue:
    """Show a supplier everything that a match would read of it today, and where to correct it."""
    supplier = suppliers.of_organisation(db(), organisation_id=actor().organisation_id, whole=False)
    return render_template(
        "matchmaking/seen.html",
        supplier=supplier,
        sight=service.sight(db(), supplier=supplier),
        rules=HardRule,
        may_edit=supplier_policy.can_edit(actor(), supplier),
        codes=codes,
    )
