"""Ending for a reason: withdrawing for good, and stopping an engagement before its closing date."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.challenges import policy, queries, service
from engage.challenges.enums import OPEN_STATES
from engage.challenges.forms import EndEarlyForm, WithdrawForm
from engage.challenges.policy import ChallengePermission
from engage.challenges.views import bp
from engage.challenges.views.acting import act
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import Conflict
from engage.kernel.states import label


@bp.route("/department/challenges/<ref>/withdraw", methods=["GET", "POST"])
@requires(ChallengePermission.CONDUCT)
@writes
def withdraw(ref: str) -> ResponseReturnValue:
    """Ask for the reason and withdraw for good."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_conduct(actor(), found), policy.NOT_ONE_OF_YOU)
    if not policy.can_withdraw(actor(), found):
        raise Conflict("This challenge cannot be withdrawn: it is a draft, or it is over.")
    form = WithdrawForm()
    if form.validate_on_submit():
        reason = str(form.reason.data)
        return act(
            ref,
            lambda: service.withdraw(db(), actor=actor(), challenge=found, reason=reason),
            "The challenge is withdrawn. Everybody who was told of it is told so.",
        )
    published = queries.published_version(db(), challenge_id=found.id)
    page = render_template(
        "challenges/withdraw.html", challenge=found, form=form, was_public=published is not None
    )
    return page, 422 if form.errors else 200


@bp.route("/department/challenges/<ref>/end-early", methods=["GET", "POST"])
@requires(ChallengePermission.CONDUCT)
@writes
def end_early(ref: str) -> ResponseReturnValue:
    """Ask for the reason and stop taking part before the closing date."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_conduct(actor(), found), policy.NOT_ONE_OF_YOU)
    if found.state not in OPEN_STATES or found.is_past:
        where = "past its closing date" if found.state in OPEN_STATES else label(found.state)
        raise Conflict(f"This challenge is {where}, so the engagement cannot end early.")
    form = EndEarlyForm()
    if form.validate_on_submit():
        reason = str(form.reason.data)
        return act(
            ref,
            lambda: service.end_early(db(), actor=actor(), challenge=found, reason=reason),
            "The engagement is over. Everybody who was told of the challenge is told so, with your reason.",
        )
    page = render_template("challenges/end_early.html", challenge=found, form=form)
    return page, 422 if form.errors else 200
