"""Preparing a session: a draft that only the department sees, checked on a page of its own and published there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.forms import PublishForm, session_values
from engage.advisory.policy import AdvisoryPermission, can_run, can_see_drafts
from engage.advisory.service import GROUP_LIMIT
from engage.advisory.views import bp
from engage.advisory.views.running import ONLY_RUNNERS, challenge_to_run, session_form
from engage.http.access import actor, authorise, requires
from engage.http.forms import Form
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.uktime import to_uk

if TYPE_CHECKING:
    from engage.advisory.models import SessionDraft

ALREADY = "The session has been published already."


@bp.route("/department/challenges/<ref>/sessions/new", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def session_new(ref: str) -> ResponseReturnValue:
    """Prepare a session as a draft."""
    challenge = challenge_to_run(ref)
    form = session_form(
        challenge, {"facilitator": actor().person_id, "length": 60, "places": 12, "group_limit": GROUP_LIMIT}
    )
    if form.validate_on_submit():
        try:
            draft = service.prepare(db(), actor=actor(), challenge=challenge, details=form.details())
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("The draft is saved. Only your department sees it until you publish it.", "success")
            return _to_check(draft.ref)
    page = render_template("advisory/session_form.html", form=form, challenge=challenge, meeting=None)
    return page, 422 if form.errors else 200


@bp.get("/department/sessions/drafts/<draft_ref>")
@requires(AdvisoryPermission.SEE)
def session_draft(draft_ref: str) -> ResponseReturnValue:
    """Show what will be said to whom when the draft is published."""
    draft = _draft(draft_ref)
    return _to_session(draft_ref) if draft is None else _check_page(draft, PublishForm())


@bp.post("/department/sessions/drafts/<draft_ref>/publish")
@requires(AdvisoryPermission.RUN)
@writes
def session_draft_publish(draft_ref: str) -> ResponseReturnValue:
    """Publish the session as its page showed it."""
    draft = _draft_to_run(draft_ref)
    if draft is None:
        return _to_session(draft_ref)
    ref, form = draft.challenge.ref, PublishForm()
    if not form.validate_on_submit():
        return _check_page(draft, form), 422
    try:
        service.publish_draft(db(), actor=actor(), draft=draft, revision=int(form.revision.data or 0))
    except Conflict as problem:
        form.add_errors({"": str(problem)})
        return _check_page(draft, form), 409
    flash("The session is published, and everyone can see it.", "success")
    return redirect(url_for("advisory.department_sessions", ref=ref), 303)


@bp.route("/department/sessions/drafts/<draft_ref>/change", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def session_draft_change(draft_ref: str) -> ResponseReturnValue:
    """Change the draft; nobody is told."""
    draft = _draft_to_run(draft_ref)
    if draft is None:
        return _to_session(draft_ref)
    form = session_form(draft.challenge, session_values(draft) | {"seen": str(draft.revision)})
    if form.validate_on_submit():
        try:
            service.change_draft(db(), actor=actor(), draft=draft, details=form.details(), seen=form.read())
        except Invalid as problem:
            form.add_errors(problem.fields)
            if form.form_errors:
                form.shown_anew(draft.revision)
        else:
            flash("The draft is saved.", "success")
            return _to_check(draft_ref)
    page = render_template(
        "advisory/session_form.html", form=form, challenge=draft.challenge, meeting=None, draft=draft
    )
    return page, 422 if form.errors else 200


@bp.route("/department/sessions/drafts/<draft_ref>/remove", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def session_draft_remove(draft_ref: str) -> ResponseReturnValue:
    """Ask whether the draft is to be removed, and remove it."""
    draft = _draft_to_run(draft_ref)
    if draft is None:
        return _to_session(draft_ref)
    ref, form = draft.challenge.ref, Form()
    if form.validate_on_submit():
        service.remove_draft(db(), actor=actor(), draft=draft)
        flash("The draft is removed.", "success")
        return redirect(url_for("advisory.department_sessions", ref=ref), 303)
    page = render_template("advisory/session_draft_remove.html", form=form, draft=draft)
    return page, 422 if form.errors else 200


def _draft(ref: str) -> SessionDraft | None:
    """Return the draft, or ``None`` when it was published and the actor may see that session's tab.

    Raises ``NotFound`` for everybody else: nobody outside learns whether there is a draft.
    """
    try:
        return queries.draft(db(), ref=ref, actor=actor())
    except NotFound:
        meeting = queries.department_session(db(), ref=ref, actor=actor())
        if not can_see_drafts(actor(), meeting.challenge):
            raise
        return None


def _draft_to_run(ref: str) -> SessionDraft | None:
    draft = _draft(ref)
    if draft is not None:
        authorise(can_run(actor(), draft.challenge), ONLY_RUNNERS)
    return draft


def _check_page(draft: SessionDraft, form: PublishForm) -> str:
    closes_on = draft.challenge.closes_on
    return render_template(
        "advisory/session_draft.html",
        form=form,
        draft=draft,
        challenge=draft.challenge,
        obstacles=service.obstacles(db(), draft=draft),
        terms=queries.terms(draft),
        choosing=queries.count_choosing(db(), challenge_id=draft.challenge_id),
        can_run=can_run(actor(), draft.challenge),
        can_be_prepared=service.can_be_prepared(draft.challenge),
        after_closing=closes_on is not None and to_uk(draft.ends_at).date() > closes_on,
    )


def _to_check(ref: str) -> ResponseReturnValue:
    return redirect(url_for("advisory.session_draft", draft_ref=ref), 303)


def _to_session(ref: str) -> ResponseReturnValue:
    flash(ALREADY, "success")
    meeting = queries.department_session(db(), ref=ref, actor=actor())
    return redirect(url_for("advisory.department_sessions", ref=meeting.challenge.ref), 303)
