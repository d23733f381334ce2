"""The page of one subscription, which its token opens without an account, and muting a challenge from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.digests import queries, service
from engage.digests.enums import Cadence, Topic
from engage.digests.forms import NeedsScheduleForm, ScheduleForm
from engage.digests.views import PRIVATE, bp
from engage.http.access import current_actor, public
from engage.http.csrf import protect
from engage.http.session import db, writes
from engage.kernel import clock
from engage.outbox.service import works_again

if TYPE_CHECKING:
    from engage.digests.models import Subscription

DONE = {
    "confirm": "Your alerts are confirmed.",
    "again": "Your alerts go on from now.",
    "change": "Your alerts are changed.",
    "end": "These alerts have ended. You will not get another of them.",
}


class Schedule(TypedDict):
    """When a subscription brings mail."""

    cadence: Cadence
    weekday: int
    hour: int


@bp.route("/alerts/<subscription_token>", methods=["GET", "POST"])
@public
@writes
def subscription(subscription_token: str) -> ResponseReturnValue:
    """Show a subscription: what, when, what it would have told. A POST confirms, changes or ends it.

    The token is what allows it: mail programs post here without a cookie (RFC 8058). Looking changes nothing.
    """
    number = service.subscription_id(subscription_token)
    act = _act if request.method == "POST" else _page
    answer = make_response(act(number, subscription_token))
    answer.headers.update(PRIVATE)
    return answer


protect.exempt(f"{__name__}.subscription")


@bp.route("/alerts/<subscription_token>/mute/<ref>", methods=["GET", "POST"])
@public
@writes
def mute(subscription_token: str, ref: str) -> ResponseReturnValue:
    """Ask whether to hear no more of one challenge; a POST mutes it for everything that goes to the address."""
    email = queries.address_of(db(), service.subscription_id(subscription_token))
    challenge = challenges.public_challenge(db(), ref=ref)
    if request.method == "POST":
        service.mute(db(), email=email, ref=ref, actor=current_actor())
        flash(f"You will hear no more of “{challenge.title}” from your alerts.", "success")
        answer = make_response(
            redirect(url_for("digests.subscription", subscription_token=subscription_token), 303)
        )
    else:
        answer = make_response(
            render_template("digests/mute.html", token=subscription_token, challenge=challenge)
        )
    answer.headers.update(PRIVATE)
    return answer


def _act(number: int, token: str) -> ResponseReturnValue:
    deed, who = request.form.get("action", ""), current_actor()
    if request.form.get("List-Unsubscribe") == "One-Click":
        service.end(db(), subscription_id=number, actor=who)
        return "These alerts have ended.\n", {"Content-Type": "text/plain; charset=utf-8"}
    if deed in {"confirm", "again"}:
        _works(service.confirm(db(), subscription_id=number, actor=who))
    elif deed == "end":
        service.end(db(), subscription_id=number, actor=who)
    elif deed == "change":
        form = _form(queries.subscription(db(), number))(meta={"csrf": False})
        if not form.validate():
            return _page(number, token, form, status=422)
        cadence, weekday, hour = form.schedule
        found = service.change(
            db(), subscription_id=number, cadence=cadence, weekday=weekday, hour=hour, actor=who
        )
        _works(found)
    elif deed == "all":
        service.send_way(db(), email=queries.address_of(db(), number))
        return redirect(url_for("digests.way_sent"), 303)
    else:
        return _page(number, token, status=400)
    flash(DONE[deed], "success")
    return redirect(url_for("digests.subscription", subscription_token=token), 303)


def _page(
    number: int, token: str, form: ScheduleForm | None = None, *, status: int = 200
) -> ResponseReturnValue:
    session, now = db(), clock.now()
    found = queries.subscription(session, number)
    if not found.email:
        return render_template("digests/forgotten.html")
    arranged = queries.arranged(session, [found.email])
    settings = service.settings_of(found, arranged, day=clock.uk_today())
    schedule: Schedule = {"cadence": found.cadence, "weekday": found.weekday, "hour": found.hour}
    stale = queries.is_stale(found)
    page = render_template(
        "digests/subscription.html",
        token=token,
        subscription=found,
        stale=stale,
        again=_again(found),
        form=form or _form(found)(formdata=None, data=schedule, meta={"csrf": False}),
        what=queries.about(session, found),
        when=service.in_words(**schedule),
        paused_until=settings.paused_until,
        now=now,
        next_at=service.next_mail(found, arranged, now=now),
        own=_is_own(found),
        about_needs=found.topic is Topic.NEEDS,
        items=[] if found.topic is Topic.NEEDS else service.preview(session, found, settings=settings),
    )
    return page, 410 if stale else status


def _works(found: Subscription) -> None:
    """Let mail go to the address again: who wants its alerts has read the letter with the link. Not who ends them."""
    works_again(db(), email=found.email, actor=current_actor())


def _form(found: Subscription) -> type[ScheduleForm]:
    return NeedsScheduleForm if found.topic is Topic.NEEDS else ScheduleForm


def _again(found: Subscription) -> dict[str, str]:
    """What fills in the form that asks for the same once more."""
    field = "words" if found.topic.value == "search" else found.topic.value
    asked = {"topic": found.topic.value, field: found.value, "stage": found.stage.value}
    return asked | ({"within": str(found.department_id)} if found.department_id else {})


def _is_own(found: Subscription) -> bool:
    who = current_actor()
    return who is not None and who.email.lower() == found.email.lower()
