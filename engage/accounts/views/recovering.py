"""Confirming an address and setting a new password, both by a mailed link: GET shows a button, POST acts."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import queries, service
from engage.accounts.enums import Notice
from engage.accounts.forms import EmailForm, NewPasswordForm
from engage.accounts.service.letters import ask_for
from engage.accounts.service.tokens import person_to_reset, person_to_verify
from engage.accounts.views import bp
from engage.accounts.views.pages import remember_address, remembered_address, show
from engage.http import limits
from engage.http.access import public
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid


@bp.get("/check-email")
@public
def check_email() -> ResponseReturnValue:
    """Say that a mail was sent, in words that are the same whether the address has an account or not."""
    return render_template("accounts/check_email.html", email=remembered_address())


@bp.route("/verify-email", methods=["GET", "POST"])
@public
@limits.limited("3 per 6 hours", by=limits.account_named)
@limits.limited("10 per hour")
@writes
def resend() -> ResponseReturnValue:
    """Send the link that confirms an address once more."""
    form = EmailForm(data={"email": remembered_address()})
    if not form.validate_on_submit():
        return show("resend", form)
    person = queries.person_by_email(db(), form.email.data)
    ask_for(db(), notice=Notice.VERIFY_EMAIL, person=person)
    remember_address(form.email.data)
    return redirect(url_for("accounts.check_email"), 303)


@bp.route("/verify-email/<token>", methods=["GET", "POST"])
@public
@writes
def verify_email(token: str) -> ResponseReturnValue:
    """Show who is to be confirmed; confirm when asked to."""
    person = person_to_verify(db(), token)
    if person is None:
        return render_template("accounts/link_dead.html", again=url_for("accounts.resend")), 410
    if request.method != "POST":
        acts_for = [each.organisation.name for each in queries.memberships(db(), person_id=person.id)]
        return render_template("accounts/verify_email.html", person=person, acts_for=acts_for)
    service.verify_email(db(), token=token)
    flash("Your email address is confirmed. You can sign in now.", "success")
    return redirect(url_for("accounts.sign_in"), 303)


@bp.route("/forgot-password", methods=["GET", "POST"])
@public
@limits.limited("5 per day", by=limits.account_named)
@limits.limited("20 per day")
@writes
def forgot() -> ResponseReturnValue:
    """Send a link that sets a new password, if the address has an account."""
    form = EmailForm()
    if not form.validate_on_submit():
        return show("forgot", form)
    ask_for(db(), notice=Notice.RESET_PASSWORD, person=queries.person_by_email(db(), form.email.data))
    remember_address(form.email.data)
    return redirect(url_for("accounts.forgot_sent"), 303)


@bp.get("/forgot-password/sent")
@public
def forgot_sent() -> ResponseReturnValue:
    """Say that a mail is on its way if there is an account."""
    return render_template("accounts/forgot_sent.html", email=remembered_address())


@bp.route("/reset-password/<token>", methods=["GET", "POST"])
@public
@writes
def reset(token: str) -> ResponseReturnValue:
    """Ask for a new password; set it."""
    if person_to_reset(db(), token) is None:
        return render_template("accounts/link_dead.html", again=url_for("accounts.forgot")), 410
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return show("reset", form)
    try:
        service.reset_password(db(), token=token, password=form.password.data)
    except Invalid as problem:
        form.add_errors(problem.fields)
        return show("reset", form)
    except Conflict:
        return render_template("accounts/link_dead.html", again=url_for("accounts.forgot")), 410
    flash("Your password is changed. Sign in with the new one.", "success")
    return redirect(url_for("accounts.sign_in"), 303)
