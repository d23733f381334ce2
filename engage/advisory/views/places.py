"""A supplier's places in sessions."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.forms import AttendeeForm
from engage.advisory.policy import AdvisoryPermission, attends, can_answer, can_release
from engage.advisory.service import admission
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
        standing=admission.standing(db(), held=seats),
        waiting=queries.waiting_of_supplier(db(), supplier_id=supplier.id),
        past=[seat for seat in reversed(seats) if seat.session.ends_at <= now],
        feedback_open={
            ref: closes for ref, _, closes in queries.feedback_to_give(db(), person_id=actor().person_id)
        },
        there={number for number, _name in attendee_choices(supplier.organisation_id)},
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


@bp.route("/supplier/seats/<int:seat_id>/attendee", methods=["GET", "POST"])
@requires(AdvisoryPermission.TAKE_PART)
@writes
def attendee(seat_id: int) -> ResponseReturnValue:
    """Let somebody else of the supplier attend."""
    seat = queries.seat_by_id(db(), seat_id=seat_id)
    if not can_release(actor(), seat):
        raise NotFound
    authorise(can_answer(actor(), seat.invitation), NOT_VERIFIED)
    form = AttendeeForm(data={"attendee": seat.person_id})
    form.attendee.choices = attendee_choices(seat.supplier.organisation_id)
    if form.validate_on_submit():
        service.change_attendee(db(), actor=actor(), seat=seat, person_id=form.attendee.data)
        flash(f"{seat.person.name} will attend.", "success")
        mine = attends(actor(), seat)
        return redirect(
            url_for("advisory.confirm_entry", seat_id=seat.id) if mine else url_for("advisory.sessions"), 303
        )
    return render_template("advisory/attendee.html", form=form, seat=seat), 422 if form.errors else 200


def attendee_choices(organisation_id: int) -> list[tuple[int, str]]:
    """Return who of a supplier can attend: id and name."""
    people = queries.who_can_attend(db(), organisation_id=organisation_id)
    return [(person.id, person.name) for person in people]


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
