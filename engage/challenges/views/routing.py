"""The legal route of an approved challenge: what it is, what it was, and changing it by two people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import policy, queries, service
from engage.challenges.enums import OVER_STATES, Decision, Route
from engage.challenges.enums.questions import PURPOSE_WORDS
from engage.challenges.enums.routes import RouteChangeState
from engage.challenges.forms import RouteDecisionForm, RouteForm
from engage.challenges.policy import ChallengePermission
from engage.challenges.views import bp
from engage.http.access import actor, current_actor, requires, signed_in
from engage.http.session import db, writes
from engage.kernel.errors import Invalid

if TYPE_CHECKING:
    from engage.challenges.models import Challenge, RouteChange
    from engage.http.forms import Form

OTHER = {
    Route.POLICY_EXPLORATION: Route.PRELIMINARY_MARKET_ENGAGEMENT,
    Route.PRELIMINARY_MARKET_ENGAGEMENT: Route.POLICY_EXPLORATION,
}


@bp.route("/department/challenges/<ref>/route", methods=["GET", "POST"])
@signed_in
@writes
def route(ref: str) -> ResponseReturnValue:
    """Show the route and its changes; propose another."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    form = RouteForm()
    if found.route is not None and form.validate_on_submit():
        try:
            service.propose_route(
                db(),
                actor=actor(),
                challenge=found,
                to=OTHER[found.route],
                purposes=form.purposes.data,
                reason=form.reason.data,
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash(
                "Proposed. Another person of your department has to agree: the approvers are told.", "success"
            )
            return redirect(url_for("challenges.route", ref=ref), 303)
    return _page(found, form, RouteDecisionForm(), form), 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/route/<int:change_id>")
@requires(ChallengePermission.APPROVE)
@writes
def route_decide(ref: str, change_id: int) -> ResponseReturnValue:
    """Make a proposed change of route, or decline it with a reason."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    change = queries.route_change(db(), change_id=change_id, challenge=found)
    form = RouteDecisionForm()
    if form.validate_on_submit():
        try:
            if form.decision.data is Decision.APPROVED:
                service.make_route_change(db(), actor=actor(), change=change)
                flash("The route is changed.", "success")
            else:
                service.decline_route_change(db(), actor=actor(), change=change, reason=form.answer.data)
                flash("The route stays as it is.", "success")
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            return redirect(url_for("challenges.route", ref=ref), 303)
    return _page(found, RouteForm(formdata=None), form, form), 422


def _page(found: Challenge, proposal: RouteForm, decision: RouteDecisionForm, shown: Form) -> str:
    changes = queries.route_changes(db(), challenge_id=found.id)
    waiting = next((each for each in changes if each.state is RouteChangeState.PROPOSED), None)
    to = OTHER.get(found.route) if found.route else None
    refusal = service.why_route_stays(found, to) if to else "The route has not been chosen yet."
    return render_template(
        "challenges/route.html",
        challenge=found,
        changes=changes,
        waiting=waiting,
        to=to,
        refusal=refusal,
        proposal=proposal if policy.can_conduct(actor(), found) and not waiting and not refusal else None,
        decision=decision if waiting and _may_decide(found, waiting) else None,
        form=shown,
    )


def _may_decide(found: Challenge, change: RouteChange) -> bool:
    return policy.can_review(actor(), found) and change.proposed_by_id != actor().person_id


@bp.app_template_global()
def purpose_words(purpose: str) -> str:
    """Return a purpose of s.16(1) in words."""
    return PURPOSE_WORDS[purpose]


bp.add_app_template_global(service.knowledge, "route_knowledge")


@bp.app_template_global()
def waiting_route(challenge: Challenge) -> RouteChange | None:
    """Return the change of route that waits for an approver."""
    if current_actor() is None or not challenge.approved_at or challenge.state in OVER_STATES:
        return None
    return queries.waiting_route_change(db(), challenge_id=challenge.id)
