"""A supplier's places in sessions."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.policy import AdvisoryPermission, can_answer, can_release
from engage.advisory.views import bp
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.matchmaking import queries as matchmaking
from engage.matchmaking.policy import is_invited

NOT_VERIFIED = "Your organisation has to be verified before it can take a place."


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


@bp.post("/supplier/seats/<int:seat_id>/take")
@requires(AdvisoryPermission.TAKE_PART)
@writes
def take_place(seat_id: int) -> ResponseReturnValue:
    """Take the place that is kept for one from the waiting list."""
    seat = queries.seat_by_id(db(), seat_id=seat_id)
    if not can_release(actor(), seat):
        raise NotFound
    authorise(can_answer(actor(), seat.invitation), NOT_VERIFIED)
    service.take_kept_place(db(), actor=actor(), seat=seat)
    return redirect(url_for("advisory.invitation", ref=seat.invitation.ref), 303)


@bp.post("/supplier/invitations/<ref>/leave-waiting-list")
@requires(AdvisoryPermission.TAKE_PART)
@writes
def leave_waiting_list(ref: str) -> ResponseReturnValue:
    """Stop waiting for a place."""
    found = matchmaking.invitation(db(), ref=ref)
    if not is_invited(actor(), found):
        raise NotFound
    service.leave_waiting_list(db(), actor=actor(), invitation=found)
    flash("You no longer wait for a place.", "success")
    return redirect(url_for("advisory.invitation", ref=ref), 303)
