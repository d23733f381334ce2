"""Confirming on entry: the page on which who attends says what everybody says who takes part."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.enums import Admission
from engage.advisory.forms import EntryForm
from engage.advisory.policy import AdvisoryPermission, attends, can_answer
from engage.advisory.service import admission
from engage.advisory.views import bp
from engage.advisory.views.places import NOT_VERIFIED
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import NotFound


@bp.route("/supplier/seats/<int:seat_id>/confirm", methods=["GET", "POST"])
@requires(AdvisoryPermission.TAKE_PART)
@writes
def confirm_entry(seat_id: int) -> ResponseReturnValue:
    """Confirm, as who attends, that nothing confidential is brought and no interest is undeclared."""
    seat = queries.seat_by_id(db(), seat_id=seat_id)
    if not attends(actor(), seat):
        raise NotFound
    form = EntryForm()
    if form.validate_on_submit():
        authorise(can_answer(actor(), seat.invitation), NOT_VERIFIED)
        service.confirm_entry(db(), actor=actor(), seat=seat)
        flash("Thank you. That is confirmed.", "success")
        return redirect(url_for("advisory.sessions"), 303)
    standing = admission.standing(db(), held=[seat]).get(seat.id)
    page = render_template(
        "advisory/confirm_entry.html", form=form, seat=seat, waits=standing is Admission.UNCONFIRMED
    )
    return page, 422 if form.errors else 200
