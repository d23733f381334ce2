"""A person decides: the rules of a challenge's places, and about single suppliers, with a reason."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking import policy, queries, service
from engage.matchmaking.enums import OverrideKind
from engage.matchmaking.forms import OverrideForm, RulesForm
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.views import bp
from engage.matchmaking.views.candidate import page
from engage.matchmaking.views.match import MAY_NOT_RUN


@bp.route("/department/challenges/<ref>/match/rules", methods=["GET", "POST"])
@requires(MatchmakingPermission.RUN)
@writes
def rules(ref: str) -> ResponseReturnValue:
    """Set by which rules the places are shared out: how many, at least and at most for whom, how many drawn."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_run(actor(), challenge), MAY_NOT_RUN)
    in_force = service.rules_in_force(db(), challenge=challenge)
    form = RulesForm.of(in_force)
    if form.validate_on_submit():
        try:
            with db().begin_nested():
                service.set_rules(db(), actor=actor(), challenge=challenge, rules=form.rules())
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        except Conflict as refusal:
            form.add_errors({"": refusal.message})
        else:
            flash("The rules are saved.", "success")
            return redirect(url_for("matchmaking.match", ref=ref, _anchor="rules"), code=303)
    standing = queries.current_run(db(), challenge_id=challenge.id)
    history = queries.rules_versions(db(), challenge_id=challenge.id)
    return render_template(
        "matchmaking/rules.html",
        challenge=challenge,
        form=form,
        settable=challenge.state in service.MATCHABLE,
        matched=standing is not None,
        room=service.room(db(), challenge_id=challenge.id, places=in_force.places),
        regions_open=any(field.data or field.errors for field in form.regions()),
        versions=[(each, service.rules_sentences(each)) for each in history],
    ), 422 if request.method == "POST" else 200


@bp.post("/department/challenges/<ref>/match/<supplier_ref>/override")
@requires(MatchmakingPermission.RUN)
@writes
def override(ref: str, supplier_ref: str) -> ResponseReturnValue:
    """Give one supplier a place, or leave it out, with a reason; the plan is made again at once."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_run(actor(), challenge), MAY_NOT_RUN)
    run = queries.run_of(db(), challenge_id=challenge.id)
    form = OverrideForm()
    if form.validate_on_submit():
        kind, why = OverrideKind(form.kind.data), form.reason.data
        try:
            with db().begin_nested():
                service.override(
                    db(), actor=actor(), run=run, supplier_ref=supplier_ref, kind=kind, reason=why
                )
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        except Conflict as refusal:
            form.add_errors({"": refusal.message})
        else:
            flash("Your decision is recorded, and the plan is made again.", "success")
            return redirect(url_for("matchmaking.candidate", ref=ref, supplier_ref=supplier_ref), code=303)
    return page(challenge, run, supplier_ref, form), 422


@bp.post("/department/challenges/<ref>/match/<supplier_ref>/override/end")
@requires(MatchmakingPermission.RUN)
@writes
def end_override(ref: str, supplier_ref: str) -> ResponseReturnValue:
    """Take back a decision about one supplier; the plan is made again at once."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_run(actor(), challenge), MAY_NOT_RUN)
    run = queries.run_of(db(), challenge_id=challenge.id)
    try:
        with db().begin_nested():
            service.end_override(db(), actor=actor(), run=run, supplier_ref=supplier_ref)
    except Conflict as refusal:
        flash(refusal.message)
    else:
        flash("The decision is taken back, and the plan is made again.", "success")
    return redirect(url_for("matchmaking.match", ref=ref, _anchor="people"), code=303)
