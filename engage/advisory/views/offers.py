"""Volunteering: the supplier's offer, and the department's answer."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.enums import OfferState
from engage.advisory.errors import AlreadyOffered
from engage.advisory.forms import OfferForm, VolunteerForm
from engage.advisory.policy import AdvisoryPermission, can_run, can_volunteer, can_withdraw
from engage.advisory.views import bp
from engage.advisory.views.running import ONLY_RUNNERS
from engage.challenges import policy as challenge_policy
from engage.challenges import queries as challenges
from engage.http import limits
from engage.http.access import actor, authorise, requires, signed_in
from engage.http.session import db, writes
from engage.kernel.errors import NotFound
from engage.kernel.uktime import to_uk, uk_date, uk_time
from engage.matchmaking import queries as matchmaking
from engage.matchmaking.enums import InvitationState

if TYPE_CHECKING:
    from engage.matchmaking.models import Invitation


@bp.route("/challenges/<ref>/volunteer", methods=["GET", "POST"])
@signed_in
@limits.limited("20 per hour", by=limits.person_key)  # each is a letter to the whole department
@writes
def volunteer(ref: str) -> ResponseReturnValue:
    """Offer to help with a challenge, or see what became of the offer; others are told who can."""
    challenge = challenges.public_challenge(db(), ref=ref)
    if not can_volunteer(actor()):
        return render_template("advisory/volunteer_who.html", challenge=challenge, me=actor()), 403
    supplier = queries.own_supplier(db(), actor=actor())
    offer = queries.live_offer(db(), challenge_id=challenge.id, supplier_id=supplier.id)
    form = VolunteerForm()
    if form.validate_on_submit():
        with contextlib.suppress(AlreadyOffered):  # the page shows the offer that stands
            service.offer_help(
                db(), actor=actor(), challenge=challenge, supplier=supplier, pitch=form.pitch.data
            )
        return redirect(url_for("advisory.volunteer", ref=ref), 303)
    invitation = matchmaking.invitation_of(db(), challenge_id=challenge.id, supplier_id=supplier.id)
    ended = invitation is not None and invitation.has_ended
    if offer is not None and offer.state is OfferState.INVITED and ended:
        offer = None  # it can be made again
    page = render_template(
        "advisory/volunteer.html",
        form=form,
        challenge=challenge,
        offer=offer,
        # One that was not sent yet is the department's secret.
        invitation=invitation if invitation and invitation.sent_at else None,
        ended=ended,
    )
    return page, 422 if form.errors else 200


@bp.post("/challenges/<ref>/volunteer/withdraw")
@requires(AdvisoryPermission.TAKE_PART)
@limits.limited("20 per hour", by=limits.person_key)
@writes
def withdraw_offer(ref: str) -> ResponseReturnValue:
    """Take one's offer back."""
    challenge = challenges.public_challenge(db(), ref=ref)
    supplier = queries.own_supplier(db(), actor=actor())
    offer = queries.live_offer(db(), challenge_id=challenge.id, supplier_id=supplier.id)
    if offer is None or not can_withdraw(actor(), offer):
        raise NotFound
    service.withdraw_offer(db(), actor=actor(), offer=offer)
    flash("You have withdrawn your offer.", "success")
    return redirect(url_for("advisory.volunteer", ref=ref), 303)


@bp.route("/department/offers/<int:offer_id>", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def offer(offer_id: int) -> ResponseReturnValue:
    """Read an offer to help, then invite the supplier or decline with a reason."""
    found = queries.offer_by_id(db(), offer_id=offer_id)
    if not challenge_policy.can_see(actor(), found.challenge):
        raise NotFound
    authorise(can_run(actor(), found.challenge), ONLY_RUNNERS)
    form = OfferForm()
    if form.validate_on_submit():
        if form.decision.data == "invite":
            service.invite_volunteer(db(), actor=actor(), offer=found)
            flash("They are invited.", "success")
        else:
            service.decline_offer(db(), actor=actor(), offer=found, reason=form.reason.data)
            flash("The offer is declined. They are told the reason.", "success")
        return redirect(url_for("advisory.department_sessions", ref=found.challenge.ref), 303)
    invitation = matchmaking.invitation_of(
        db(), challenge_id=found.challenge_id, supplier_id=found.supplier_id
    )
    page = render_template(
        "advisory/offer.html",
        form=form,
        offer=found,
        before=_before(invitation) if invitation and invitation.sent_at and invitation.has_ended else "",
    )
    return page, 422 if form.errors else 200


def _before(invitation: Invitation) -> str:
    """Say how the invitation that the supplier had before ended."""
    if invitation.state is InvitationState.DECLINED and invitation.answered_at is not None:
        return f"Yes: it was declined on {uk_date(to_uk(invitation.answered_at).date())}"
    if invitation.state is InvitationState.WITHDRAWN:
        return "Yes: it was withdrawn"
    assert invitation.expires_at is not None
    return f"Yes: it could be answered until {uk_time(invitation.expires_at)}, and was not"
