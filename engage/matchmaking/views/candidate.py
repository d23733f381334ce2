"""Why one supplier matches a challenge."""

from __future__ import annotations

from datetime import date

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, requires
from engage.http.session import db
from engage.kernel.codes import cpv_label
from engage.matchmaking import queries
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.views import bp
from engage.matchmaking.views.marking import marked


@bp.get("/department/challenges/<ref>/match/<supplier_ref>")
@requires(MatchmakingPermission.SEE)
def candidate(ref: str, supplier_ref: str) -> ResponseReturnValue:
    """Show the statements that count, what each adds, and the sentences and words that match."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    run = queries.run_of(db(), challenge_id=challenge.id)
    found = queries.candidate(db(), run_id=run.id, supplier_ref=supplier_ref)
    return render_template(
        "matchmaking/candidate.html",
        challenge=challenge,
        run=run,
        candidate=found,
        invitation=queries.invitation_of(db(), challenge_id=challenge.id, supplier_id=found.supplier_id),
        marked=marked,
        cpv_label=cpv_label,
        day=date.fromisoformat,
    )
