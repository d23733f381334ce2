"""After a session: attendance and minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.forms import MinutesForm, attendance_form, came
from engage.advisory.policy import AdvisoryPermission, can_run
from engage.advisory.service import admission
from engage.advisory.views import bp
from engage.advisory.views.sessions import ONLY_RUNNERS
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import Invalid

if TYPE_CHECKING:
    from engage.advisory.models import AdvisorySession


@bp.route("/department/sessions/<ref>/attendance", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def attendance(ref: str) -> ResponseReturnValue:
    """Record who came; the session counts as held."""
    meeting = _meeting(ref)
    seats = queries.live_seats(meeting)
    form = attendance_form(
        {seat.id: f"{seat.person.name}, {seat.supplier.organisation.name}" for seat in seats}
    )
    if form.validate_on_submit():
        try:
            chosen = came(form, [seat.id for seat in seats])
            service.record_attendance(db(), actor=actor(), meeting=meeting, came=chosen)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("Attendance is recorded. Now write the minutes.", "success")
            return redirect(url_for("advisory.minutes", ref=ref), 303)
    held = admission.on_hold(db(), held=seats)
    page = render_template("advisory/attendance.html", form=form, meeting=meeting, seats=seats, held=held)
    return page, 422 if form.errors else 200


@bp.route("/department/sessions/<ref>/minutes", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def minutes(ref: str) -> ResponseReturnValue:
    """Write the minutes, keep a draft, publish them to everyone."""
    meeting = _meeting(ref)
    form = MinutesForm(data={"minutes": meeting.minutes})
    if form.validate_on_submit():
        if request.form.get("action") == "publish":
            service.publish_minutes(db(), actor=actor(), meeting=meeting, text=form.minutes.data)
            flash("The minutes are published to everyone.", "success")
            return redirect(url_for("advisory.department_sessions", ref=meeting.challenge.ref), 303)
        service.save_minutes(db(), actor=actor(), meeting=meeting, text=form.minutes.data)
        flash("The draft is saved. Only your department sees it.", "success")
        return redirect(url_for("advisory.minutes", ref=ref), 303)
    page = render_template("advisory/minutes.html", form=form, meeting=meeting)
    return page, 422 if form.errors else 200


def _meeting(ref: str) -> AdvisorySession:
    meeting = queries.department_session(db(), ref=ref, actor=actor())
    authorise(can_run(actor(), meeting.challenge), ONLY_RUNNERS)
    return meeting
