"""Everything that goes to an address on one page: signed in, or by a link from any of its mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.digests import queries, service
from engage.digests.enums import SubscriptionState
from engage.digests.errors import LinkExpired
from engage.digests.forms import PauseForm
from engage.digests.views import PRIVATE, bp
from engage.http.access import actor, current_actor, public, signed_in
from engage.http.limits import limited
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import Invalid
from engage.outbox.queries import suppression_of
from engage.outbox.service import works_again

if TYPE_CHECKING:
    from engage.digests.models import Subscription


SEE_OTHER = 303
ENDING = frozenset({"end", "end_all"})


@dataclass(frozen=True)
class Row:
    """A subscription as the page lists it."""

    id: int
    token: str
    what: str
    when: str
    state: SubscriptionState
    next_at: datetime | None


@bp.route("/account/alerts", methods=["GET", "POST"])
@signed_in
@writes
def my_alerts() -> ResponseReturnValue:
    """List what goes to one's own address; a POST ends alerts, pauses, or lets a muted challenge be told again."""
    return _desk(actor().email, url_for("digests.my_alerts"))


@bp.route("/alerts/all/<managing_token>", methods=["GET", "POST"])
@public
@limited("60 per hour")
@writes
def all_alerts(managing_token: str) -> ResponseReturnValue:
    """List what goes to the address of a mail, by the link in it; a POST as on the page of an account.

    Who arranges something, other than ending, has read that mail: the address works again if mail to it had stopped. A
    link that is too old says so and, on a POST, sends a new one to the same address.
    """
    try:
        email = queries.address_of(db(), service.managed_id(managing_token))
        answer = make_response(_desk(email, url_for("digests.all_alerts", managing_token=managing_token)))
        if answer.status_code == SEE_OTHER and request.form.get("action") not in ENDING:
            works_again(db(), email=email, actor=current_actor())
    except LinkExpired as expired:
        answer = make_response(_send_again(expired.subscription_id, managing_token))
    answer.headers.update(PRIVATE)
    return answer


def _send_again(number: int, managing_token: str) -> ResponseReturnValue:
    if request.method != "POST":
        here = url_for("digests.all_alerts", managing_token=managing_token)
        return render_template("digests/link_expired.html", here=here), 410
    service.send_way(db(), email=queries.address_of(db(), number))
    return redirect(url_for("digests.way_sent"), 303)


def _desk(email: str, here: str) -> ResponseReturnValue:
    form = PauseForm()
    if request.method != "POST":
        return _page(email, here, form)
    deed = request.form.get("action", "")
    if deed == "pause" and not form.validate():
        return _page(email, here, form), 422
    try:
        done = _do(deed, email, form)
    except Invalid as problem:
        form.add_errors(problem.fields)
        return _page(email, here, form), 422
    if not done:
        return _page(email, here, PauseForm(formdata=None)), 400
    flash(done, "success")
    return redirect(here, 303)


def _do(deed: str, email: str, form: PauseForm) -> str:
    """Do what was posted and say so; the empty string when it is nothing this page knows."""
    session, who = db(), current_actor()
    if deed == "pause":
        assert form.from_on.data
        assert form.until_on.data
        service.pause(session, email=email, from_on=form.from_on.data, until_on=form.until_on.data, actor=who)
        return "The pause is set. Afterwards the next email of each of your alerts tells what is still open."
    if deed == "mail":
        works_again(session, email=email, actor=who)
        return "Emails to this address go out again."
    if deed == "resume":
        service.resume(session, email=email, actor=who)
        return "The pause has ended."
    if deed == "unmute":
        service.unmute(session, email=email, ref=request.form.get("ref", ""), actor=who)
        return "You will hear of this challenge again."
    if deed == "end":
        number = request.form.get("subscription", type=int) or 0
        service.end_one(session, email=email, subscription_id=number, actor=who)
        return "These alerts have ended."
    if deed == "end_all":
        service.end_all(session, email=email, actor=who)
        return "All alerts to this address have ended."
    return ""


def _page(email: str, here: str, form: PauseForm) -> str:
    session = db()
    found = queries.of_address(session, email)
    arranged = queries.arranged(session, [email])
    return render_template(
        "digests/my_alerts.html",
        email=email,
        here=here,
        own=current_actor() is not None,
        rows=_rows(found, queries.abouts(session, found), arranged),
        pause=arranged.pauses.get(email.lower()),
        stopped=suppression_of(session, email),
        now=clock.now(),
        today=clock.uk_today(),
        muted=queries.muted(session, email),
        form=form,
        most=service.MOST_PER_ADDRESS,
    )


def _rows(found: Sequence[Subscription], about: dict[int, str], arranged: queries.Arranged) -> list[Row]:
    now = clock.now()
    return [
        Row(
            one.id,
            service.token_for(one.id),
            about[one.id],
            service.in_words(cadence=one.cadence, weekday=one.weekday, hour=one.hour),
            one.state,
            service.next_mail(one, arranged, now=now),
        )
        for one in found
    ]
