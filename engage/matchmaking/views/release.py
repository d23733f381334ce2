"""Letting the invitations go out: one page that says who is told, one button; and asking the next in line."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, authorise, requires
from engage.http.filters import plural
from engage.http.session import db, writes
from engage.kernel.errors import Conflict
from engage.matchmaking import policy, queries, service
from engage.matchmaking.enums import InvitationState, Outcome
from engage.matchmaking.forms import WaveForm
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.views import bp

MAY_NOT = "Only policy authors and approvers of this department can send its invitations."


@bp.route("/department/challenges/<ref>/match/release", methods=["GET", "POST"])
@requires(MatchmakingPermission.RELEASE)
@writes
def release(ref: str) -> ResponseReturnValue:
    """Show who will be told; on POST, tell them."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_release(actor(), challenge), MAY_NOT)
    standing = queries.run_of(db(), challenge_id=challenge.id)
    form = WaveForm.of(service.terms_of(db(), standing))
    if form.validate_on_submit():
        try:
            with db().begin_nested():
                seen = request.form.get("seen")
                told(service.release(db(), actor=actor(), run=standing, seen=seen, terms=form.terms()))
        except Conflict as refusal:
            flash(refusal.message)
        return redirect(url_for("matchmaking.match", ref=ref), code=303)
    chosen = [each for each in queries.candidates(db(), run_id=standing.id) if each.outcome is Outcome.CHOSEN]
    return render_template(
        "matchmaking/release.html",
        challenge=challenge,
        run=standing,
        chosen=chosen,
        form=form,
        mark=service.plan_mark(chosen),
        reachable=queries.reachable(db(), supplier_ids=[each.supplier_id for each in chosen]),
        answer_by=service.last_moment(challenge),
    ), 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/match/alternate")
@requires(MatchmakingPermission.RELEASE)
@writes
def alternate(ref: str) -> ResponseReturnValue:
    """Invite the next in line, in place of somebody who declined."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_release(actor(), challenge), MAY_NOT)
    queries.run_of(db(), challenge_id=challenge.id)
    try:
        with db().begin_nested():
            made = service.next_alternate(db(), actor=actor(), challenge=challenge)
    except Conflict as refusal:
        flash(refusal.message)
    else:
        name = made.supplier.organisation.name
        sent = made.state is InvitationState.SENT
        flash(
            f"{name} is invited."
            if sent
            else f"The invitation to {name} is held until somebody there has an account.",
            "success",
        )
    return redirect(url_for("matchmaking.match", ref=ref, _anchor="line"), code=303)


def told(released: service.Released) -> None:
    """Say what the release did."""
    parts = [f"{plural(len(released.sent), 'invitation')} sent."]
    if released.waiting:
        parts.append(f"{len(released.waiting)} held until somebody from the supplier has an account.")
    for rule, count in sorted(released.left_out.items()):
        parts.append(f"{count} left out since: {rule.sentence}.")
    if released.same_group:
        parts.append(f"{released.same_group} left out: another supplier of the corporate group is invited.")
    flash(" ".join(parts), "success")
