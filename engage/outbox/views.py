"""Pages for those to whom mail has stopped, and the door for mail systems that report on letters."""

from __future__ import annotations

import hmac

from flask import Blueprint, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.http.access import current_actor, public
from engage.http.csrf import protect
from engage.http.limits import account_named, limited
from engage.http.session import db, writes
from engage.kernel.errors import Invalid, NotFound
from engage.kernel.settings import settings
from engage.outbox import queries, service
from engage.outbox.forms import StoppedForm

bp = Blueprint("outbox", __name__)

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@bp.route("/mail/stopped", methods=["GET", "POST"])
@public
@limited("30 per hour")
@limited("5 per hour", by=account_named)
@writes
def stopped() -> ResponseReturnValue:
    """Ask for mail to an address to begin again. The answer is the same for every address."""
    form = StoppedForm()
    if form.validate_on_submit():
        service.ask_for_check(db(), email=form.email.data)
        return redirect(url_for("outbox.asked"), 303)
    return render_template("outbox/stopped.html", form=form), 422 if form.errors else 200


@bp.get("/mail/stopped/check-your-email")
@public
def asked() -> ResponseReturnValue:
    """Say that a letter is on its way if mail to the address had stopped."""
    return render_template("outbox/asked.html")


@bp.route("/mail/address/<token>", methods=["GET", "POST"])
@public
@writes
def address(token: str) -> ResponseReturnValue:
    """Show why mail to an address stopped; a POST lets it go again. Looking changes nothing."""
    found = queries.suppression(db(), service.suppression_id(token))
    if request.method == "POST":
        service.works_again(db(), email=found.email, actor=current_actor())
        flash("Emails to you go out again.", "success")
        answer = make_response(redirect(url_for("outbox.address", token=token), 303))
    else:
        now = queries.suppression_of(db(), found.email)
        answer = make_response(
            render_template("outbox/address.html", token=token, email=found.email, now=now)
        )
    answer.headers.update(PRIVATE)
    return answer


@bp.post("/mail/reports")
@public
@writes
def reports() -> ResponseReturnValue:
    """Take reports on letters from a mail system that knows ``ENGAGE_MAIL_REPORTS_TOKEN``.

    A mail (``message/rfc822``), the JSON of GOV.UK Notify, or engage's own JSON: docs/mail.md has examples.
    """
    if not _known():
        raise NotFound
    try:
        found = service.read_posted(request.get_data(), kind=request.mimetype)
    except Invalid as problem:
        return jsonify(errors=dict(problem.fields)), 422
    taken = [service.take_report(db(), report) for report in found]
    return jsonify(reports=len(found), taken=sum(letter is not None for letter in taken))


protect.exempt(f"{__name__}.reports")


def _known() -> bool:
    token = settings().mail_reports_token
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
