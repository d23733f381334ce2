"""Why one supplier matches a challenge, and what decided about it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, requires
from engage.http.session import db
from engage.kernel.codes import cpv_label
from engage.matchmaking import policy, queries
from engage.matchmaking.enums import RunState
from engage.matchmaking.forms import OverrideForm
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.views import bp
from engage.matchmaking.views.marking import marked
from engage.matchmaking.views.wording import cost, decided

if TYPE_CHECKING:
    from engage.challenges.models import Challenge
    from engage.matchmaking.models import MatchCandidate, MatchRun, SelectionOverride


@bp.get("/department/challenges/<ref>/match/<supplier_ref>")
@requires(MatchmakingPermission.SEE)
def candidate(ref: str, supplier_ref: str) -> ResponseReturnValue:
    """Show what decided about a supplier, the statements that count, and the sentences and words that match."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    run = queries.run_of(db(), challenge_id=challenge.id)
    return page(challenge, run, supplier_ref, OverrideForm())


def page(challenge: Challenge, run: MatchRun, supplier_ref: str, form: OverrideForm) -> str:
    """Return the page of one candidate; ``form`` is offered to those who may decide."""
    found = queries.candidate(db(), run_id=run.id, supplier_ref=supplier_ref)
    invitation = queries.invitation_of(db(), challenge_id=challenge.id, supplier_id=found.supplier_id)
    planned = run.state is RunState.MATCHED and invitation is None
    return render_template(
        "matchmaking/candidate.html",
        challenge=challenge,
        run=run,
        candidate=found,
        invitation=invitation,
        override=_standing_override(challenge, found),
        may_decide=planned and policy.can_run(actor(), challenge),
        may_invite=run.state is RunState.RELEASED
        and invitation is None
        and challenge.is_open
        and policy.can_release(actor(), challenge),
        form=form,
        cost=cost(found),
        decided=decided,
        marked=marked,
        cpv_label=cpv_label,
        day=date.fromisoformat,
    )


def _standing_override(challenge: Challenge, candidate: MatchCandidate) -> SelectionOverride | None:
    """Return what a person decided about a candidate, if that stands."""
    found = queries.overrides(db(), challenge_id=challenge.id)
    about = (each for each in found if each.supplier_id == candidate.supplier_id and each.ended_at is None)
    return next(about, None)
