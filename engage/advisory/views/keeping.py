"""A challenge changed after its invitation was accepted: the supplier keeps its place or gives it up."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.forms import DeclineForm, KeepForm
from engage.advisory.policy import AdvisoryPermission, can_answer
from engage.advisory.views import bp
from engage.advisory.views.invitations import NOT_VERIFIED
from engage.challenges import queries as challenges
from engage.challenges import service as texts
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, NotFound
from engage.matchmaking import queries as matchmaking
from engage.matchmaking.policy import is_invited


@bp.route("/supplier/invitations/<ref>/confirm", methods=["GET", "POST"])
@requires(AdvisoryPermission.TAKE_PART)
@writes
def confirm(ref: str) -> ResponseReturnValue:
    """Show what differs from the text that was accepted, and keep the place although it changed."""
    found = matchmaking.invitation(db(), ref=ref)
    if not is_invited(actor(), found):
        raise NotFound
    seat = queries.seat_to_come(db(), invitation_id=found.id)
    if not queries.asked_anew(found, seat):
        return redirect(url_for("advisory.invitation", ref=ref), 303)
    versions = challenges.published_versions(db(), challenge_id=found.challenge_id)
    form = KeepForm(data={"version": str(versions[-1].number)})
    if form.validate_on_submit():
        authorise(can_answer(actor(), found), NOT_VERIFIED)
        try:
            with db().begin_nested():
                service.keep_place(db(), actor=actor(), invitation=found, version=form.read())
        except Conflict as refusal:
            flash(refusal.message)
            return redirect(url_for("advisory.confirm", ref=ref), 303)
        flash("You keep your place. The department sees that you read the new text.", "success")
        return redirect(url_for("advisory.invitation", ref=ref), 303)
    old = queries.version_answered(found, versions)
    return render_template(
        "advisory/confirm.html",
        invitation=found,
        form=form,
        decline_form=DeclineForm(),
        seat=seat,
        changes=[each for each in versions if each.number > old.number],
        differences=texts.differences(old.content, versions[-1].content),
        can_answer=can_answer(actor(), found),
    )
