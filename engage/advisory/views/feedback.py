"""Feedback: the page on which who came, and who ran it, says how a session was."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.enums import Side
from engage.advisory.forms.feedback import answers_in, feedback_form
from engage.advisory.views import bp
from engage.http.access import actor, signed_in
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import NotFound


@bp.route("/sessions/<ref>/feedback", methods=["GET", "POST"])
@signed_in
@writes
def feedback(ref: str) -> ResponseReturnValue:
    """Say how a session was that one came to or ran; change it until the time is over."""
    meeting = queries.session_by_ref(db(), ref=ref)
    sides = queries.sides_of(db(), meeting=meeting, person_id=actor().person_id)
    running = queries.round_of(db(), session_id=meeting.id)
    if not sides or running is None:
        raise NotFound
    side = Side.ATTENDEE if Side.ATTENDEE in sides else Side.FACILITATOR
    given = queries.own_answers(db(), session_id=meeting.id, side=side, person_id=actor().person_id)
    form = feedback_form(side, given)
    if form.validate_on_submit():
        service.give_feedback(db(), actor=actor(), meeting=meeting, side=side, answers=answers_in(form, side))
        flash("Thank you. Your answers are kept.", "success")
        return redirect(url_for("advisory.feedback", ref=ref), 303)
    page = render_template(
        "advisory/feedback.html",
        form=form,
        meeting=meeting,
        side=side,
        running=running,
        given=given,
        over=running.closes_at <= clock.now(),
    )
    return page, 422 if form.errors else 200


@bp.app_context_processor
def questions() -> dict[str, object]:
    """Give every page the questions, to show results with."""
    return {"feedback_questions": {side.value: words for side, words in service.QUESTIONS.items()}}
