"""The procurements that followed from a challenge: what was found, and what a person says of it."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, authorise, requires, signed_in
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.transparency import policy, queries, service
from engage.transparency.forms import LinkForm
from engage.transparency.policy import TransparencyPermission
from engage.transparency.views import bp

DECISIONS = {"confirm": True, "reject": False}


@bp.route("/department/challenges/<ref>/notices", methods=["GET", "POST"])
@signed_in
@writes
def notices(ref: str) -> ResponseReturnValue:
    """Show the procurements that may have followed, those that did, and add one by its identifier."""
    found = challenges.challenge(db(), ref=ref, actor=actor())
    may_link = policy.can_link(actor(), found)
    linkable = found.state in policy.LINKED_STATES
    form = LinkForm()
    authorise(may_link or not form.is_submitted(), policy.NOT_ONE_OF_YOU)
    if form.validate_on_submit():
        try:
            service.add_link(db(), actor=actor(), challenge=found, ocid=form.ocid.data)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("Linked. It stands on the public page.", "success")
            return redirect(url_for("transparency.notices", ref=ref), 303)
    page = render_template(
        "transparency/notices.html",
        challenge=found,
        form=form if may_link and linkable else None,
        procurements=queries.links(db(), challenge_id=found.id),
        imported=queries.has_notices(db()),
        may_link=may_link,
        linkable=linkable,
    )
    return page, 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/notices/look")
@requires(TransparencyPermission.LINK)
@writes
def look(ref: str) -> ResponseReturnValue:
    """Compare the challenge with the notices that have been imported."""
    found = challenges.challenge(db(), ref=ref, actor=actor())
    made = service.look(db(), actor=actor(), challenge=found)
    said = "1 procurement" if made == 1 else f"{made} procurements"
    flash(
        f"{said} found that may have followed." if made else "Nothing new was found.",
        "success" if made else "message",
    )
    return redirect(url_for("transparency.notices", ref=ref), 303)


@bp.post("/department/challenges/<ref>/notices/<int:link_id>/<decision>")
@requires(TransparencyPermission.LINK)
@writes
def decide(ref: str, link_id: int, decision: str) -> ResponseReturnValue:
    """Say that a procurement followed from the challenge, or that it did not."""
    found = challenges.challenge(db(), ref=ref, actor=actor())
    if decision not in DECISIONS:
        raise NotFound
    follows = DECISIONS[decision]
    try:
        with db().begin_nested():
            service.decide(db(), actor=actor(), challenge=found, link_id=link_id, follows=follows)
    except Conflict as refusal:
        flash(refusal.message)
    else:
        flash(
            "Confirmed. It stands on the public page." if follows else "Noted: it did not follow.", "success"
        )
    return redirect(url_for("transparency.notices", ref=ref), 303)
