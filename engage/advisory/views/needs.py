"""Access needs: the page of who attends, and the pages of who runs the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.forms import NeedAnswerForm, NeedForm
from engage.advisory.policy import AdvisoryPermission, can_run
from engage.advisory.views import bp
from engage.advisory.views.running import ONLY_RUNNERS, runner_choices, session_to_run
from engage.challenges import policy as challenges
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import Invalid, NotFound

if TYPE_CHECKING:
    from engage.advisory.models import AccessNeed


@bp.route("/supplier/sessions/<ref>/needs", methods=["GET", "POST"])
@requires(AdvisoryPermission.TAKE_PART)
@writes
def needs(ref: str) -> ResponseReturnValue:
    """Show what one asked for in a session and what became of it; ask for something."""
    meeting = queries.session_by_ref(db(), ref=ref)
    held = queries.needs_of_person(db(), session_id=meeting.id, person_id=actor().person_id)
    if not held and queries.own_part(db(), meeting=meeting, actor=actor()) is None:
        raise NotFound
    form = NeedForm()
    if form.validate_on_submit():
        try:
            service.ask_need(db(), actor=actor(), meeting=meeting, text=form.text.data)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("The department sees what you need and tells you what it arranges.", "success")
            return redirect(url_for("advisory.needs", ref=ref), 303)
    page = render_template(
        "advisory/needs.html",
        form=form,
        meeting=meeting,
        needs=held,
        can_change=meeting.starts_at > clock.now(),
    )
    return page, 422 if form.errors else 200


@bp.route("/supplier/needs/<int:need_id>", methods=["GET", "POST"])
@requires(AdvisoryPermission.TAKE_PART)
@writes
def need(need_id: int) -> ResponseReturnValue:
    """Say in other words what one needs."""
    found = _own(need_id)
    form = NeedForm(data={"text": found.text})
    if form.validate_on_submit():
        service.change_need(db(), actor=actor(), need=found, text=form.text.data)
        flash("Changed. The department looks at it again.", "success")
        return redirect(url_for("advisory.needs", ref=found.session.ref), 303)
    return render_template("advisory/need.html", form=form, need=found), 422 if form.errors else 200


@bp.post("/supplier/needs/<int:need_id>/remove")
@requires(AdvisoryPermission.TAKE_PART)
@writes
def drop_need(need_id: int) -> ResponseReturnValue:
    """Take back what one asked for."""
    found = _own(need_id)
    ref = found.session.ref
    service.drop_need(db(), actor=actor(), need=found)
    flash("It is deleted.", "success")
    return redirect(url_for("advisory.sessions") + f"#session-{ref}", 303)


@bp.get("/department/sessions/<ref>/needs")
@requires(AdvisoryPermission.RUN)
def department_needs(ref: str) -> ResponseReturnValue:
    """List what people need to be able to take part in a session."""
    meeting = session_to_run(ref)
    found = queries.needs_of_session(db(), session_id=meeting.id)
    return render_template("advisory/department_needs.html", meeting=meeting, needs=found)


@bp.route("/department/needs/<int:need_id>", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def answer_need(need_id: int) -> ResponseReturnValue:
    """Say what was arranged, or what is done instead, and who sees to it."""
    found = queries.need_by_id(db(), need_id=need_id)
    if not challenges.belongs(actor(), found.session.challenge):
        raise NotFound
    authorise(can_run(actor(), found.session.challenge), ONLY_RUNNERS)
    form = _answer_form(found)
    if form.validate_on_submit():
        try:
            service.answer_need(
                db(),
                actor=actor(),
                need=found,
                state=form.state.data,
                answer=form.answer.data,
                owner_id=form.owner.data or None,
                asked_at=form.read(),
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("Saved.", "success")
            return redirect(url_for("advisory.department_needs", ref=found.session.ref), 303)
    return render_template("advisory/need_answer.html", form=form, need=found), 422 if form.errors else 200


def _own(need_id: int) -> AccessNeed:
    found = queries.need_by_id(db(), need_id=need_id)
    if found.person_id != actor().person_id or found.supplier.organisation_id != actor().organisation_id:
        raise NotFound
    return found


def _answer_form(found: AccessNeed) -> NeedAnswerForm:
    owner = found.owner_id or found.session.facilitator_id or actor().person_id
    form = NeedAnswerForm(
        data={
            "state": found.state,
            "answer": found.answer,
            "owner": owner,
            "asked_at": found.asked_at.isoformat(),
        }
    )
    form.owner.choices = runner_choices(found.session.challenge)
    return form
