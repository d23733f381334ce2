"""A department's sessions: the tab in the workspace, changing, cancelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.enums import SessionFormat
from engage.advisory.forms import FORMATS, ONE_TO_ONE, ReasonForm, session_values
from engage.advisory.policy import AdvisoryPermission, can_run
from engage.advisory.service import admission
from engage.advisory.views import bp
from engage.advisory.views.running import session_form, session_to_run
from engage.challenges import queries as challenges
from engage.http.access import actor, requires
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import Invalid

if TYPE_CHECKING:
    from engage.advisory.models import AdvisorySession

CHANGED = "The session is changed. People with a place get an email if it concerns them."
SAME = "The session says this already: nothing was changed, and nobody gets another email."


@bp.get("/department/challenges/<ref>/sessions")
@requires(AdvisoryPermission.SEE)
def department_sessions(ref: str) -> ResponseReturnValue:
    """Show the sessions of a challenge with who has a place, and the suppliers that offered to help."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    meetings = queries.sessions_of_challenge(db(), challenge_id=challenge.id)
    return render_template(
        "advisory/department_sessions.html",
        challenge=challenge,
        meetings=meetings,
        drafts=queries.drafts_of_challenge(db(), challenge=challenge, actor=actor()),
        can_be_prepared=service.can_be_prepared(challenge),
        standing=admission.standing(db(), held=[seat for each in meetings for seat in each.seats]),
        offers=queries.offers_of_challenge(db(), challenge_id=challenge.id),
        live_seats=queries.live_seats,
        asked_anew=queries.asked_anew,
        waiting=queries.waiting_of_challenge(db(), challenge_id=challenge.id),
        written=queries.count_contributions(db(), challenge_id=challenge.id),
        needs=queries.open_needs(db(), challenge_id=challenge.id),
        minutes_due_on=queries.minutes_due_on,
        minutes_late=queries.minutes_late,
        feedback=queries.feedback_of_sessions(db(), refs=[each.ref for each in meetings]),
        to_say=queries.feedback_of_who_runs(db(), challenge_id=challenge.id, person_id=actor().person_id),
        facilitators_say=queries.feedback_of_department(db(), organisation_id=challenge.organisation_id),
        can_run=can_run(actor(), challenge),
        terms=queries.terms,
        now=clock.now(),
    )


@bp.route("/department/sessions/<ref>", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def session_edit(ref: str) -> ResponseReturnValue:
    """Change a session that has not begun."""
    meeting = session_to_run(ref)
    before = meeting.sequence
    form = session_form(meeting.challenge, session_values(meeting) | {"seen": str(before)})
    if meeting.format is SessionFormat.ONE_TO_ONE:
        form.format.choices = [*FORMATS, ONE_TO_ONE]
    if form.validate_on_submit():
        try:
            service.change(
                db(),
                actor=actor(),
                meeting=meeting,
                details=form.details(),
                reason=form.reason.data,
                at_least_taken=form.lower.data,
                seen=form.read(),
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
            if form.form_errors:
                form.shown_anew(meeting.sequence)
        else:
            flash(SAME if meeting.sequence == before else CHANGED, "success")
            return _to_tab(meeting)
    page = render_template(
        "advisory/session_form.html", form=form, challenge=meeting.challenge, meeting=meeting
    )
    return page, 422 if form.errors else 200


@bp.route("/department/sessions/<ref>/cancel", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def session_cancel(ref: str) -> ResponseReturnValue:
    """Cancel a session, with a reason."""
    meeting = session_to_run(ref)
    form, seats = ReasonForm(), queries.live_seats(meeting)
    waiting = len(queries.waiting_of_challenge(db(), challenge_id=meeting.challenge_id).get(meeting.id, ()))
    if form.validate_on_submit():
        service.cancel(db(), actor=actor(), meeting=meeting, reason=form.reason.data)
        told = " Everyone who had a place or waited for one gets an email." if seats or waiting else ""
        flash(f"The session is cancelled.{told}", "success")
        return _to_tab(meeting)
    page = render_template(
        "advisory/session_cancel.html", form=form, meeting=meeting, seats=seats, waiting=waiting
    )
    return page, 422 if form.errors else 200


def _to_tab(meeting: AdvisorySession) -> ResponseReturnValue:
    return redirect(url_for("advisory.department_sessions", ref=meeting.challenge.ref), 303)
