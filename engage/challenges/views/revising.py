"""Changing a published text: begin, see what differs, say why, send for approval, publish, drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries, service
from engage.challenges.enums import RevisionState
from engage.challenges.enums.questions import BY_SLUG, QUESTIONS, ROUTE_ANSWERS
from engage.challenges.forms import RevisionForm
from engage.challenges.policy import ChallengePermission, can_edit
from engage.challenges.views import bp
from engage.challenges.views.acting import act
from engage.http.access import actor, requires, signed_in
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid

if TYPE_CHECKING:
    from engage.challenges.models import Challenge, ChallengeRevision


@bp.post("/department/challenges/<ref>/revise")
@requires(ChallengePermission.DRAFT)
@writes
def revise(ref: str) -> ResponseReturnValue:
    """Begin a change of the published text."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    try:
        with db().begin_nested():
            service.open_revision(db(), actor=actor(), challenge=found)
    except Conflict as refusal:
        flash(refusal.message)
        if found.open_revision is None:
            return redirect(url_for("challenges.workspace", ref=ref), 303)
    return redirect(url_for("challenges.revision", ref=ref), 303)


@bp.route("/department/challenges/<ref>/revision", methods=["GET", "POST"])
@signed_in
@writes
def revision(ref: str) -> ResponseReturnValue:
    """Show what a change alters, word by word, and the way to the approvers."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    prepared = found.open_revision
    if prepared is None:
        return redirect(url_for("challenges.workspace", ref=ref), 303)
    material = {True: "yes", False: "no", None: None}[prepared.material]
    form = RevisionForm(data={"material": material, "reason": prepared.reason})
    if form.validate_on_submit():
        try:
            with db().begin_nested():
                _submit(found, form)
        except Invalid as problem:
            form.add_errors(problem.fields)
        except Conflict as refusal:
            flash(refusal.message)
            return redirect(url_for("challenges.revision", ref=ref), 303)
        else:
            flash("Sent for approval. The approvers of your department have been told by email.", "success")
            return redirect(url_for("challenges.workspace", ref=ref), 303)
    return _page(found, prepared, form), 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/revision/publish")
@requires(ChallengePermission.CONDUCT)
@writes
def publish_revision(ref: str) -> ResponseReturnValue:
    """Make the approved change public."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    done = "The change is public. Everybody reads the new text now, and what differs from the old one."
    return act(ref, lambda: service.publish_revision(db(), actor=actor(), challenge=found), done)


@bp.post("/department/challenges/<ref>/revision/drop")
@requires(ChallengePermission.CONDUCT)
@writes
def drop_revision(ref: str) -> ResponseReturnValue:
    """Give a change up; the published text stays."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    done = "The change is dropped. The published text stays as it is."
    return act(ref, lambda: service.drop_revision(db(), actor=actor(), challenge=found), done)


def _submit(found: Challenge, form: RevisionForm) -> None:
    service.submit_revision(
        db(),
        actor=actor(),
        challenge=found,
        material=form.material.data == "yes",
        reason=str(form.reason.data or ""),
    )


def _page(found: Challenge, prepared: ChallengeRevision, form: RevisionForm) -> str:
    problems = service.unfit_revision(found, prepared)
    places = {answer.field: asked for asked in QUESTIONS for answer in asked.answers}
    return render_template(
        "challenges/revision.html",
        challenge=found,
        revision=prepared,
        form=form,
        writing=prepared.state is RevisionState.WRITING and can_edit(actor(), found),
        differences=service.differences(found.content, prepared.content),
        problems=[(places[name], message) for name, message in problems.items()],
        unready=service.unready(db(), found),
        pages=[asked for asked in QUESTIONS if asked.field not in ROUTE_ANSWERS],
        changed={name for name, value in prepared.content.items() if found.content.get(name) != value},
        asides=queries.all_aside(db(), challenge=found),
        questions=BY_SLUG,
        approvers=queries.approvers(db(), challenge=found),
        review=next(iter(queries.reviews(db(), challenge_id=found.id)), None),
    )
