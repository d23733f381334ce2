"""Subscribing, and the page of one subscription, which its token opens without an account."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypedDict

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import queries as accounts
from engage.digests import queries, service
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.digests.forms import AlertsForm, ScheduleForm
from engage.http.access import actor, current_actor, public, signed_in
from engage.http.csrf import protect
from engage.http.limits import account_named, limited
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import Invalid

if TYPE_CHECKING:
    from engage.digests.models import Subscription

bp = Blueprint("digests", __name__)

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
DONE = {
    "confirm": "Your alerts are confirmed.",
    "change": "Your alerts are changed.",
    "end": "These alerts have ended. You will not get another of them.",
}


class Schedule(TypedDict):
    """When a subscription brings mail."""

    cadence: Cadence
    weekday: int
    hour: int


@bp.route("/alerts", methods=["GET", "POST"])
@public
@limited("30 per hour")
@limited("10 per hour", by=account_named)
@writes
def alerts() -> ResponseReturnValue:
    """Ask for alerts by email. The answer is the same for every address."""
    who = current_actor()
    form = AlertsForm(data=_asked_for())
    form.offer(accounts.departments(db()))
    if form.validate_on_submit():
        try:
            service.subscribe(db(), email=form.email.data, wish=form.wish, actor=who)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            own = who is not None and form.email.data.lower() == who.email.lower()
            return redirect(url_for("digests.my_alerts" if own else "digests.asked"), 303)
    return render_template("digests/alerts.html", form=form), 422 if form.errors else 200


@bp.get("/alerts/check-your-email")
@public
def asked() -> ResponseReturnValue:
    """Say that a letter is on its way."""
    return render_template("digests/asked.html")


@bp.route("/alerts/<token>", methods=["GET", "POST"])
@public
@writes
def subscription(token: str) -> ResponseReturnValue:
    """Show a subscription: what, when, what it would have told. A POST confirms, changes or ends it.

    The token is what allows it: mail programs post here without a cookie (RFC 8058). Looking changes nothing.
    """
    number = service.subscription_id(token)
    answer = make_response(_act(number, token) if request.method == "POST" else _page(number, token))
    answer.headers.update(PRIVATE)
    return answer


protect.exempt(f"{__name__}.subscription")


def _act(number: int, token: str) -> ResponseReturnValue:
    deed, who = request.form.get("action", ""), current_actor()
    if request.form.get("List-Unsubscribe") == "One-Click":
        service.end(db(), subscription_id=number, actor=who)
        return "These alerts have ended.\n", {"Content-Type": "text/plain; charset=utf-8"}
    if deed == "confirm":
        service.confirm(db(), subscription_id=number, actor=who)
    elif deed == "end":
        service.end(db(), subscription_id=number, actor=who)
    elif deed == "change":
        form = ScheduleForm(meta={"csrf": False})
        if not form.validate():
            return _page(number, token, form), 422
        cadence, weekday, hour = form.schedule
        service.change(db(), subscription_id=number, cadence=cadence, weekday=weekday, hour=hour, actor=who)
    else:
        return _page(number, token), 400
    flash(DONE[deed], "success")
    return redirect(url_for("digests.subscription", token=token), 303)


@bp.get("/account/alerts")
@signed_in
def my_alerts() -> ResponseReturnValue:
    """List the alerts that go to one's own address."""
    session = db()
    found = queries.of_address(session, actor().email)
    about = queries.abouts(session, found)
    rows = [(service.token_for(one.id), about[one.id], _when(one), one.state) for one in found]
    return render_template("digests/my_alerts.html", rows=rows, email=actor().email)


def _page(number: int, token: str, form: ScheduleForm | None = None) -> str:
    session = db()
    found = queries.subscription(session, number)
    schedule: Schedule = {"cadence": found.cadence, "weekday": found.weekday, "hour": found.hour}
    return render_template(
        "digests/subscription.html",
        token=token,
        subscription=found,
        form=form or ScheduleForm(formdata=None, data=schedule, meta={"csrf": False}),
        what=queries.about(session, found),
        when=_when(found),
        next_at=service.next_slot(clock.now(), **schedule)
        if found.state is SubscriptionState.ACTIVE
        else None,
        challenges=queries.preview(session, found),
    )


def _when(found: Subscription) -> str:
    return service.in_words(cadence=found.cadence, weekday=found.weekday, hour=found.hour)


def _asked_for() -> dict[str, object]:
    """What a link to the page has filled in, for instance ``?topic=search&words=hydrogen``."""
    who = current_actor()
    filled: dict[str, object] = {"email": who.email if who else None}
    for name in ("department", "words"):
        if request.args.get(name):
            filled[name] = request.args[name]
    with suppress(ValueError):
        filled["topic"] = Topic(request.args.get("topic", ""))
    return filled
