"""What fits a supplier."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.http.access import actor, requires
from engage.http.session import db
from engage.matchmaking import queries, service
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.views import bp
from engage.suppliers import queries as suppliers


@bp.get("/supplier/opportunities")
@requires(MatchmakingPermission.OPPORTUNITIES)
def opportunities() -> ResponseReturnValue:
    """Rank the open challenges for the supplier the person acts for."""
    supplier = suppliers.of_organisation(db(), organisation_id=actor().organisation_id, whole=False)
    invitations = queries.invitations_for(db(), supplier_id=supplier.id)
    return render_template(
        "matchmaking/opportunities.html",
        supplier=supplier,
        opportunities=service.opportunities(db(), supplier=supplier),
        invited={invitation.challenge_id: invitation for invitation in invitations},
    )
