"""The steps that keep an engagement fair, and the reasons for differences between suppliers."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import policy, queries, service
from engage.challenges.enums import OVER_STATES
from engage.challenges.forms import JustifyForm, StepForm
from engage.challenges.policy import ChallengePermission
from engage.challenges.views import bp
from engage.http.access import actor, authorise, requires, signed_in
from engage.http.session import db, writes
from engage.kernel.clock import uk_today
from engage.kernel.errors import Conflict, Invalid


@bp.route("/department/challenges/<ref>/steps", methods=["GET", "POST"])
@signed_in
@writes
def steps(ref: str) -> ResponseReturnValue:
    """List the steps taken so that nobody has an unfair advantage (s.16(3)), and add one."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    form = StepForm(data={"taken_on": uk_today()})
    if form.validate_on_submit() and form.taken_on.data:
        try:
            service.add_step(
                db(), actor=actor(), challenge=found, text=form.text.data, taken_on=form.taken_on.data
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("The step is recorded.", "success")
            return redirect(url_for("challenges.steps", ref=ref), 303)
    page = render_template(
        "challenges/steps.html",
        challenge=found,
        form=form if policy.can_conduct(actor(), found) and found.state not in OVER_STATES else None,
        steps=queries.engagement_steps(db(), challenge_id=found.id),
        suggestions=service.SUGGESTED_STEPS,
    )
    return page, 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/steps/<int:step_id>/remove")
@requires(ChallengePermission.CONDUCT)
@writes
def step_remove(ref: str, step_id: int) -> ResponseReturnValue:
    """Take a step off the list that was recorded by mistake."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    service.remove_step(db(), actor=actor(), challenge=found, step_id=step_id)
    flash("The step is off the list.", "success")
    return redirect(url_for("challenges.steps", ref=ref), 303)


@bp.route("/department/challenges/<ref>/justify", methods=["GET", "POST"])
@requires(ChallengePermission.CONDUCT)
@writes
def justify(ref: str) -> ResponseReturnValue:
    """Record why some were told what others were not, and what was done about it (s.12(3))."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_conduct(actor(), found), policy.NOT_ONE_OF_YOU)
    unsettled = queries.unsettled(db(), challenge=found)
    if not unsettled:
        raise Conflict("Nothing has to be justified: everybody could have what somebody knows.")
    form = JustifyForm()
    form.facts.choices = [(each.fact, each.summary) for each in unsettled]
    if form.validate_on_submit():
        try:
            service.justify(
                db(),
                actor=actor(),
                challenge=found,
                facts=form.facts.data,
                difference=form.difference.data,
                steps=form.steps.data,
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("The reasons are on the record.", "success")
            return redirect(url_for("consultation.ledger", ref=ref), 303)
    page = render_template("challenges/justify.html", challenge=found, form=form)
    return page, 422 if form.errors else 200
