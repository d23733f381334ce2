"""One's own account: name, password, what one acts as, where one is signed in."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import queries, service
from engage.accounts.forms import ChangePasswordForm, NameForm
from engage.accounts.policy import AccountPermission
from engage.accounts.views import bp
from engage.accounts.views.pages import show
from engage.http import auth, limits
from engage.http.access import actor, signed_in
from engage.http.session import db, writes
from engage.kernel.errors import Invalid, NotFound
from engage.outbox import queries as outbox
from engage.outbox.service import works_again


def _token() -> str:
    return auth.current_token() or ""


@bp.get("/account")
@signed_in
def account() -> ResponseReturnValue:
    """Show the account."""
    who, session = actor(), db()
    present = queries.live_session(session, _token())
    return render_template(
        "accounts/account.html",
        who=who,
        memberships=queries.memberships(session, person_id=who.person_id),
        sessions=queries.live_sessions(session, who.person_id),
        present_id=present.id if present else None,
        manages_people=AccountPermission.MANAGE_PEOPLE.allows(who),
        stopped=outbox.suppression_of(session, who.email),
    )


@bp.post("/account/mail")
@signed_in
@writes
def mail_again() -> ResponseReturnValue:
    """Let mail go to one's own address again."""
    works_again(db(), email=actor().email, actor=actor())
    flash("Emails to you go out again.", "success")
    return redirect(url_for("accounts.account"), 303)


@bp.route("/account/name", methods=["GET", "POST"])
@signed_in
@writes
def rename() -> ResponseReturnValue:
    """Change one's name."""
    form = NameForm(data={"name": actor().person_name})
    if not form.validate_on_submit():
        return show("rename", form)
    service.rename(db(), actor=actor(), name=form.name.data)
    flash("Your name is changed.", "success")
    return redirect(url_for("accounts.account"), 303)


@bp.route("/account/password", methods=["GET", "POST"])
@signed_in
@limits.limited("10 per 5 minutes", by=limits.person_key)
@writes
def change_password() -> ResponseReturnValue:
    """Change the password; whoever is signed in elsewhere is signed out."""
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return show("change_password", form)
    given = {"current": form.current.data, "password": form.password.data}
    try:
        service.change_password(db(), actor=actor(), token=_token(), **given)
    except Invalid as problem:
        form.add_errors(problem.fields)
        return show("change_password", form)
    flash("Your password is changed. You are signed out everywhere else.", "success")
    return redirect(url_for("accounts.account"), 303)


@bp.post("/account/act-as")
@signed_in
@writes
def act_as() -> ResponseReturnValue:
    """Act for another of one's organisations."""
    text = request.form.get("membership", "")
    if not text.isdecimal() or len(text) > len("9" * 18):
        raise NotFound
    chosen = service.act_as(db(), actor=actor(), token=_token(), membership_id=int(text))
    flash(f"You now act for {chosen.organisation.name}.", "success")
    return redirect(url_for("site.dashboard"), 303)


@bp.post("/account/sessions/<int:session_id>/end")
@signed_in
@writes
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign a browser out, this one or another."""
    present = queries.live_session(db(), _token())
    ended = service.end_session(db(), actor=actor(), session_id=session_id)
    if present and ended.id == present.id:
        auth.forget()
        return redirect(url_for("site.home"), 303)
    flash("That browser is signed out.", "success")
    return redirect(url_for("accounts.account"), 303)
