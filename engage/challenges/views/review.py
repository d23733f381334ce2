"""The second person: reading the exact text, approving it, sending it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries, service
from engage.challenges.enums import ChallengeState, Decision, RevisionState
from engage.challenges.forms import ReviewForm, SendBackForm
from engage.challenges.policy import ChallengePermission, can_review, has_written
from engage.challenges.views import bp
from engage.http.access import actor, requires
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid

if TYPE_CHECKING:
    from engage.challenges.models import Challenge

DECIDABLE = (
    *(ChallengeState.IN_REVIEW, ChallengeState.APPROVED, ChallengeState.NOTICE_PENDING),
    *(RevisionState.IN_REVIEW, RevisionState.APPROVED),
)


@bp.route("/department/challenges/<ref>/review", methods=["GET", "POST"])
@requires(ChallengePermission.APPROVE)
@writes
def review(ref: str) -> ResponseReturnValue:
    """Show the frozen text with its fingerprint and take the decision."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    version = queries.latest_version(db(), challenge_id=found.id)
    text = found.writing
    if version is None or text.state not in DECIDABLE:
        raise Conflict("This text is not waiting for a decision. Its page says who has to act next.")
    fresh = text.state in {ChallengeState.IN_REVIEW, RevisionState.IN_REVIEW}
    # Whoever read the text to decide on it does so, or hears that it is decided: a second click takes nothing back.
    deciding = fresh or "content_hash" in request.form
    read = {"content_hash": version.content_hash, "version": version.number}
    form = ReviewForm(data=read) if deciding else SendBackForm()
    if form.validate_on_submit():
        try:
            _decide(found, form)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            return redirect(url_for("challenges.workspace", ref=ref), 303)
    page = render_template(
        "challenges/review.html",
        challenge=found,
        version=version,
        form=form,
        fresh=fresh,
        advice=service.advise(version.content),
        may_decide=can_review(actor(), found),
        own_text=has_written(actor(), found),
        reviews=queries.reviews(db(), challenge_id=found.id),
        revision=found.open_revision,
        differences=service.differences(found.content, version.content) if found.open_revision else [],
    )
    return page, 422 if form.errors else 200


def _decide(found: Challenge, form: ReviewForm | SendBackForm) -> None:
    if isinstance(form, ReviewForm) and form.decision.data is Decision.APPROVED:
        _approve(found, form)
        flash("You approved the text. Its author has been told by email.", "success")
    else:
        _send_back(found, form)
        flash("The text went back to its author with your reasons.", "success")


def _approve(found: Challenge, form: ReviewForm) -> None:
    read = str(form.content_hash.data or "")
    if found.open_revision is None:
        service.approve(db(), actor=actor(), challenge=found, content_hash=read)
        return
    service.approve_revision(
        db(), actor=actor(), challenge=found, content_hash=read, version_read=form.version_read()
    )


def _send_back(found: Challenge, form: ReviewForm | SendBackForm) -> None:
    """Send the text back that the page showed; who takes an approval back has seen that it is the approved one."""
    reasons = str(form.reasons.data or "")
    if found.open_revision is None:
        read = str(form.content_hash.data or "") if isinstance(form, ReviewForm) else None
        service.request_changes(db(), actor=actor(), challenge=found, reasons=reasons, content_hash=read)
        return
    number = form.version_read() if isinstance(form, ReviewForm) else None
    service.send_revision_back(db(), actor=actor(), challenge=found, reasons=reasons, version_read=number)
