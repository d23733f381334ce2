"""Asking for alerts, and seeing beforehand what they would have brought."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import queries as accounts
from engage.challenges.enums import Listed
from engage.digests import queries, service
from engage.digests.enums import Topic
from engage.digests.forms import AlertsForm, FindAlertsForm, WantedForm
from engage.digests.views import bp
from engage.http.access import current_actor, public
from engage.http.limits import account_named, limited
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid
from engage.suppliers import queries as suppliers


@bp.route("/alerts", methods=["GET", "POST"])
@public
@limited("30 per hour")
@limited("10 per hour", by=account_named)
@writes
def alerts() -> ResponseReturnValue:
    """Ask for alerts by email. The answer is the same for every address."""
    who = current_actor()
    form = AlertsForm(data=_asked_for())
    _offer(form)
    if request.form.get("action") == "preview":
        return redirect(f"{url_for('digests.preview')}?{urlencode(form.asked)}", 303)
    if form.validate_on_submit():
        try:
            service.subscribe(db(), email=form.email.data, wish=form.wish, actor=who)
        except Invalid as problem:
            form.add_errors(problem.fields)
        except Conflict as problem:
            form.add_errors({"email": problem.message})
        else:
            return _answer(form)
    else:
        _check_wanted(form)
    return render_template("digests/alerts.html", form=form), 422 if form.errors else 200


def _answer(form: AlertsForm) -> ResponseReturnValue:
    """Lead to one's own list, which has begun to be true; everybody else to the letter."""
    who = current_actor()
    if who is None or form.email.data.lower() != who.email.lower():
        return redirect(url_for("digests.asked"), 303)
    what = queries.about(db(), service.checked_filter(db(), form.wish))
    flash(f"You get these alerts now: {what}.", "success")
    return redirect(url_for("digests.my_alerts"), 303)


def _check_wanted(form: AlertsForm) -> None:
    """Say what is wrong with what was asked for together with the rest, so that all of it is mended at once."""
    if form.errors and isinstance(form.topic.data, Topic) and not form.topic.errors:
        try:
            service.checked_filter(db(), form.wish)
        except Invalid as problem:
            form.add_errors(problem.fields)


@bp.get("/alerts/check-your-email")
@public
def asked() -> ResponseReturnValue:
    """Say that a letter is on its way."""
    return render_template("digests/asked.html")


@bp.get("/alerts/preview")
@public
def preview() -> ResponseReturnValue:
    """Show what alerts would have brought in the last 30 days, before anybody asks for them."""
    asked_for = WantedForm()
    _offer(asked_for)
    if asked_for.validate():
        try:
            wanted = service.checked_filter(db(), asked_for.wish)
        except Invalid as problem:
            asked_for.add_errors(problem.fields)
        else:
            what = queries.about(db(), wanted)
            found = service.preview(db(), wanted)
            return render_template("digests/preview.html", what=what, items=found, asked=asked_for.asked)
    form = AlertsForm(formdata=None, data=_asked_for())
    _offer(form)
    form.add_errors({name: problems for name, problems in asked_for.errors.items() if name})
    return render_template("digests/alerts.html", form=form), 422


@bp.route("/alerts/find", methods=["GET", "POST"])
@public
@limited("20 per day")
@limited("5 per day", by=account_named)
@writes
def find_alerts() -> ResponseReturnValue:
    """Send an address the link to everything it gets. The answer is the same for every address."""
    who = current_actor()
    form = FindAlertsForm(data={"email": who.email if who else None})
    if not form.validate_on_submit():
        return render_template("digests/find.html", form=form), 422 if form.errors else 200
    service.send_way(db(), email=form.email.data)
    return redirect(url_for("digests.way_sent"), 303)


@bp.get("/alerts/find/check-your-email")
@public
def way_sent() -> ResponseReturnValue:
    """Say that the link is on its way if the address gets anything."""
    return render_template("digests/way_sent.html")


def _offer(form: AlertsForm | WantedForm) -> None:
    form.offer(accounts.departments(db()), suppliers.in_use(db()))


def _asked_for() -> dict[str, object]:
    """What a link to the page has filled in, for instance ``?topic=search&words=hydrogen``."""
    who = current_actor()
    filled: dict[str, object] = {"email": who.email if who else None}
    for name in ("department", "capability", "cpv", "region", "words", "within"):
        if request.args.get(name):
            filled[name] = request.args[name]
    with suppress(ValueError):
        filled["topic"] = Topic(request.args.get("topic", ""))
    with suppress(ValueError):
        filled["stage"] = Listed(request.args.get("stage", ""))
    return filled
