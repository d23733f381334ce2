"""The conflicts assessment (s.83): to read, to print, to take away as a file, to confirm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.interests import policy, service
from engage.interests.forms import ReviewForm
from engage.interests.policy import InterestsPermission
from engage.interests.views import bp
from engage.kernel.errors import Conflict

if TYPE_CHECKING:
    from engage.challenges.models import Challenge


@bp.get("/department/challenges/<ref>/interests/assessment")
@requires(InterestsPermission.READ)
def assessment(ref: str) -> ResponseReturnValue:
    """Show the conflicts assessment as it is now, to read and to print."""
    found = _readable(ref)
    made = service.assess(db(), challenge=found)
    return render_template(
        "interests/assessment.html",
        challenge=found,
        assessment=made,
        named=policy.names_suppliers(found),
        form=ReviewForm(data={"content_hash": made.content_hash}),
        may_review=policy.can_propose(actor(), found),
    )


@bp.get("/department/challenges/<ref>/interests/assessment.json")
@requires(InterestsPermission.READ)
def assessment_file(ref: str) -> ResponseReturnValue:
    """Give the conflicts assessment as a file."""
    found = _readable(ref)
    made = service.document(service.assess(db(), challenge=found))
    response = Response(json.dumps(made, ensure_ascii=False, indent=2), content_type="application/json")
    response.headers["Content-Disposition"] = f"attachment; filename=conflicts-assessment-{found.ref}.json"
    return response


@bp.post("/department/challenges/<ref>/interests/assessment/review")
@requires(InterestsPermission.PROPOSE)
@writes
def review(ref: str) -> ResponseReturnValue:
    """Confirm the assessment as it was read."""
    found = _readable(ref)
    form = ReviewForm()
    try:
        service.review(db(), actor=actor(), challenge=found, content_hash=str(form.content_hash.data or ""))
    except Conflict as refusal:
        flash(refusal.message)
    else:
        flash("You have confirmed the assessment as it stands.", "success")
    return redirect(url_for("interests.assessment", ref=ref), 303)


def _readable(ref: str) -> Challenge:
    found = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_read(actor(), found), policy.NOT_A_READER)
    return found
