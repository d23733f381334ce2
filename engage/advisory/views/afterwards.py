"""After a session: attendance and minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import queries as accounts
from engage.advisory import queries, service
from engage.advisory.enums import SessionState
from engage.advisory.forms import MinutesForm, OfficialForm, attendance_form, came, presences, with_names
from engage.advisory.policy import AdvisoryPermission
from engage.advisory.service import admission
from engage.advisory.views import bp
from engage.advisory.views.running import session_to_run
from engage.http.access import actor, requires
from engage.http.session import db, writes
from engage.kernel.errors import Invalid
from engage.kernel.uktime import to_uk

if TYPE_CHECKING:
    from engage.advisory.models import AdvisorySession
    from engage.http.forms import Form


@bp.route("/department/sessions/<ref>/attendance", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def attendance(ref: str) -> ResponseReturnValue:
    """Record who came, as what and when; the session counts as held. After that, correct it."""
    meeting = session_to_run(ref)
    seats, again = queries.live_seats(meeting), meeting.state is SessionState.HELD
    known = queries.attendance_of(db(), session_id=meeting.id)
    people = {seat.id: f"{seat.person.name}, {seat.supplier.organisation.name}" for seat in seats}
    form = attendance_form(
        people, meeting, {each.seat_id: each for each in known if each.seat_id}, again=again
    )
    if form.validate_on_submit():
        try:
            return _save_attendance(meeting, form, list(people), again=again)
        except Invalid as problem:
            form.add_errors(with_names(problem.fields, people))
    page = render_template(
        "advisory/attendance.html",
        form=form,
        meeting=meeting,
        seats=seats,
        standing=admission.standing(db(), held=seats),
        officials=[each for each in known if not each.seat_id],
        again=again,
    )
    return page, 422 if form.errors else 200


def _save_attendance(
    meeting: AdvisorySession, form: Form, seat_ids: list[int], *, again: bool
) -> ResponseReturnValue:
    chosen, there = came(form, seat_ids), presences(form, meeting, seat_ids)
    if again:
        service.correct_attendance(db(), actor=actor(), meeting=meeting, came=chosen, presences=there)
        flash("Corrected. What it said before stays in the audit trail.", "success")
        return redirect(url_for("advisory.attendance", ref=meeting.ref), 303)
    service.record_attendance(db(), actor=actor(), meeting=meeting, came=chosen, presences=there)
    flash("Attendance is recorded. Now write the minutes.", "success")
    return redirect(url_for("advisory.minutes", ref=meeting.ref), 303)


@bp.route("/department/sessions/<ref>/attendance/department", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def official(ref: str) -> ResponseReturnValue:
    """Record that somebody of the department was there, or correct it."""
    meeting = session_to_run(ref)
    begin, end = to_uk(meeting.starts_at).time(), to_uk(meeting.ends_at).time()
    form = OfficialForm(data={"joined": begin, "left": end})
    people = accounts.people_of(db(), organisation_id=meeting.challenge.organisation_id)
    form.person.choices = [(person.id, person.name) for person in people]
    if form.validate_on_submit():
        try:
            there = form.presence(meeting)
            person_id = form.person.data
            service.record_official(db(), actor=actor(), meeting=meeting, person_id=person_id, presence=there)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("Recorded.", "success")
            return redirect(url_for("advisory.attendance", ref=ref), 303)
    page = render_template("advisory/official.html", form=form, meeting=meeting)
    return page, 422 if form.errors else 200


@bp.post("/department/sessions/<ref>/attendance/department/<int:person_id>/remove")
@requires(AdvisoryPermission.RUN)
@writes
def remove_official(ref: str, person_id: int) -> ResponseReturnValue:
    """Take back that somebody of the department was there."""
    service.remove_official(db(), actor=actor(), meeting=session_to_run(ref), person_id=person_id)
    return redirect(url_for("advisory.attendance", ref=ref), 303)


@bp.route("/department/sessions/<ref>/minutes", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def minutes(ref: str) -> ResponseReturnValue:
    """Write the minutes, keep a draft, publish them to everyone."""
    meeting = session_to_run(ref)
    form = MinutesForm(data={"minutes": meeting.minutes})
    if form.validate_on_submit():
        if request.form.get("action") == "publish":
            service.publish_minutes(db(), actor=actor(), meeting=meeting, text=form.minutes.data)
            flash("The minutes are published to everyone.", "success")
            return redirect(url_for("advisory.department_sessions", ref=meeting.challenge.ref), 303)
        service.save_minutes(db(), actor=actor(), meeting=meeting, text=form.minutes.data)
        flash("The draft is saved. Only your department sees it.", "success")
        return redirect(url_for("advisory.minutes", ref=ref), 303)
    due_on = queries.minutes_due_on(meeting.ends_at)
    late = queries.minutes_late(meeting.ends_at, meeting.minutes_published_at)
    page = render_template("advisory/minutes.html", form=form, meeting=meeting, due_on=due_on, late=late)
    return page, 422 if form.errors else 200
