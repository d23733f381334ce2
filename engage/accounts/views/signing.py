"""Signing in and out."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import service
from engage.accounts.forms import SignInForm
from engage.accounts.service.signing import Attempt, Outcome, note_refusal
from engage.accounts.views import bp
from engage.accounts.views.browsers import describe
from engage.accounts.views.pages import remember_address, show
from engage.http import auth, limits
from engage.http.access import current_actor, public
from engage.http.redirects import local_path
from engage.http.session import db, writes
from engage.kernel.db import unit_of_work
from engage.outbox import queries as outbox

TRIES = "10 per 5 minutes"
WRONG = "Your email address or your password is wrong"
DISABLED = "This account is closed. Write to the team that runs this site if that is a mistake"


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@limits.limited(TRIES, by=limits.account_named)
@limits.limited(TRIES)
@writes
def sign_in() -> ResponseReturnValue:
    """Ask for address and password; with the right ones go on to where the person wanted to go."""
    form = SignInForm(data={"next": request.args.get("next", "")})
    if current_actor() and request.method != "POST":
        return redirect(url_for("site.dashboard"))
    if not form.is_submitted():
        return show("sign_in", form)
    if not form.validate():
        limits.give_back()
        return show("sign_in", form)
    browser = describe(request.user_agent.string)
    attempt = service.sign_in(db(), email=form.email.data, password=form.password.data, browser=browser)
    return _let_in(attempt, form) if attempt.actor else _refuse(attempt, form)


def _let_in(attempt: Attempt, form: SignInForm) -> ResponseReturnValue:
    limits.give_back()
    before, former = auth.current_token(), current_actor()
    if before and former:
        service.sign_out(db(), actor=former, token=before)
    assert attempt.actor is not None
    auth.remember(attempt.actor, attempt.token)
    if outbox.suppression_of(db(), attempt.actor.email):
        flash("Emails to you have stopped. See why on your account, and get them again.")
    return redirect(local_path(form.next.data) or url_for("site.dashboard"), 303)


def _refuse(attempt: Attempt, form: SignInForm) -> ResponseReturnValue:
    """Say no in the same words for an unknown address and a wrong password; the refusal itself is kept."""
    person_id = attempt.person.id if attempt.person else None
    db().rollback()  # nothing was changed, and an answer of 422 would take the audit line with it
    with unit_of_work() as session:
        note_refusal(session, person_id=person_id, outcome=attempt.outcome)
    if attempt.outcome is Outcome.UNVERIFIED:
        remember_address(form.email.data)
        return redirect(url_for("accounts.check_email"), 303)
    form.add_errors({"password": DISABLED if attempt.outcome is Outcome.DISABLED else WRONG})
    return show("sign_in", form)


@bp.post("/sign-out")
@public
@writes
def sign_out() -> ResponseReturnValue:
    """End the session, here and on the server."""
    token, who = auth.current_token(), current_actor()
    if token and who:
        service.sign_out(db(), actor=who, token=token)
    auth.forget()
    flash("You have signed out.", "success")
    return redirect(url_for("site.home"), 303)
