"""How matches went for a supplier: its own fit, whether it was invited, what decided; nothing about anybody else."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.http.access import actor, requires
from engage.http.session import db
from engage.kernel import clock
from engage.matchmaking import queries, service
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.views import bp
from engage.suppliers import queries as suppliers


@bp.get("/supplier/matches")
@requires(MatchmakingPermission.OPPORTUNITIES)
def standings() -> ResponseReturnValue:
    """List the matches of the last year that the supplier was part of, and how each went for it."""
    supplier = suppliers.of_organisation(db(), organisation_id=actor().organisation_id, whole=False)
    return render_template(
        "matchmaking/standings.html",
        supplier=supplier,
        standings=service.standings(db(), supplier=supplier),
    )


@bp.get("/supplier/matches/<ref>")
@requires(MatchmakingPermission.OPPORTUNITIES)
def standing(ref: str) -> ResponseReturnValue:
    """Show a supplier why it was invited or not: its own fit, its own reasons, the rules, what to do next."""
    supplier = suppliers.of_organisation(db(), organisation_id=actor().organisation_id, whole=False)
    run = queries.released_run(db(), ref=ref)
    found = service.standing(db(), run=run, supplier=supplier)
    return render_template(
        "matchmaking/standing.html",
        supplier=supplier,
        standing=found,
        challenge=run.challenge,
        reasons=service.own_reasons(found.explanation or {}),
        now=clock.now(),
    )
