"""Setting the time at which an approved text is published, changing it, taking it back."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import policy, queries, service
from engage.challenges.forms import ScheduleForm
from engage.challenges.policy import ChallengePermission
from engage.challenges.views import bp
from engage.challenges.views.acting import act
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.states import label
from engage.kernel.uktime import to_uk, uk_time


@bp.route("/department/challenges/<ref>/schedule", methods=["GET", "POST"])
@requires(ChallengePermission.CONDUCT)
@writes
def schedule(ref: str) -> ResponseReturnValue:
    """Ask for the day and time, in UK time, at which the approved text is published by itself."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_conduct(actor(), found), policy.NOT_ONE_OF_YOU)
    if found.state not in service.SCHEDULABLE:
        raise Conflict(
            f"This challenge is {label(found.state)}. A time can be set for a text that is approved and not public."
        )
    local = to_uk(found.publish_at) if found.publish_at else None
    form = ScheduleForm(data={"day": local.date(), "clock": local.time()} if local else {})
    if form.validate_on_submit():
        at = form.moment()
        try:
            service.schedule(db(), actor=actor(), challenge=found, at=at)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash(f"The challenge is published by itself on {uk_time(at)}.", "success")
            return redirect(url_for("challenges.workspace", ref=ref), 303)
    page = render_template("challenges/schedule.html", challenge=found, form=form)
    return page, 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/schedule/cancel")
@requires(ChallengePermission.CONDUCT)
@writes
def cancel_schedule(ref: str) -> ResponseReturnValue:
    """Take the time set for publication back."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    done = "The time is taken back. Nothing is published by itself; the text stays approved."
    return act(ref, lambda: service.cancel_schedule(db(), actor=actor(), challenge=found), done)
