"""A supplier's places in sessions."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.policy import AdvisoryPermission, can_release
from engage.advisory.views import bp
from engage.http.access import actor, requires
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import NotFound


@bp.get("/supplier/sessions")
@requires(AdvisoryPermission.TAKE_PART)
def sessions() -> ResponseReturnValue:
    """List the sessions in which the supplier one acts for has a place: to come, and past."""
    supplier = queries.own_supplier(db(), actor=actor())
    seats = queries.sessions_of_supplier(db(), supplier_id=supplier.id)
    now = clock.now()
    return render_template(
        "advisory/my_sessions.html",
        to_come=[seat for seat in seats if seat.session.ends_at > now],
        past=[seat for seat in reversed(seats) if seat.session.ends_at <= now],
        me=actor(),
        now=now,
    )


@bp.post("/supplier/seats/<int:seat_id>/release")
@requires(AdvisoryPermission.TAKE_PART)
@writes
def release_seat(seat_id: int) -> ResponseReturnValue:
    """Give a place up, so that somebody else can have it."""
    seat = queries.seat_by_id(db(), seat_id=seat_id)
    if not can_release(actor(), seat):
        raise NotFound
    service.release_seat(db(), actor=actor(), seat=seat)
    flash("You have given up your place.", "success")
    return redirect(url_for("advisory.invitation", ref=seat.invitation.ref), 303)
