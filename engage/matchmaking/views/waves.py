"""Waves of invitations: how each stands, who waits for a release, and decisions against the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, NotFound
from engage.matchmaking import policy, queries, service
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.forms import AgainstPlanForm, WaveForm
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.service import openings
from engage.matchmaking.views import bp
from engage.matchmaking.views.release import MAY_NOT, told

if TYPE_CHECKING:
    from engage.challenges.models import Challenge
    from engage.matchmaking.models import Invitation, MatchCandidate

STANDING = (InvitationState.HELD, InvitationState.SENT, InvitationState.ACCEPTED)


@bp.get("/department/challenges/<ref>/match/waves")
@requires(MatchmakingPermission.SEE)
def waves(ref: str) -> ResponseReturnValue:
    """Show each wave of invitations: who released it, how it stands, who stepped in for whom, who waits."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    run = queries.run_of(db(), challenge_id=challenge.id)
    found = queries.waves_of_challenge(db(), challenge_id=challenge.id)
    return render_template(
        "matchmaking/waves.html",
        challenge=challenge,
        run=run,
        waves=found,
        used=openings.used(db(), invitation_ids=[one.id for wave in found for one in wave.invitations]),
        waiting=queries.alternates_waiting(db(), challenge_id=challenge.id),
        room=service.room_of(db(), run=run),
        deviations=queries.deviations(db(), challenge_id=challenge.id),
        standing=STANDING,
        may_release=policy.can_release(actor(), challenge),
    )


@bp.post("/department/challenges/<ref>/match/waves/<int:number>/following")
@requires(MatchmakingPermission.RELEASE)
@writes
def following(ref: str, number: int) -> ResponseReturnValue:
    """Let alternates follow a wave by themselves from now on, or wait for a release."""
    challenge = _releasing(ref)
    follow = request.form.get("follow") == "follow"
    service.let_follow(db(), actor=actor(), challenge=challenge, number=number, follow=follow)
    flash(
        "From now on the next in line is invited by itself, in your name."
        if follow
        else "From now on the next in line waits until somebody releases it.",
        "success",
    )
    return redirect(url_for("matchmaking.waves", ref=ref), code=303)


@bp.route("/department/challenges/<ref>/match/alternates", methods=["GET", "POST"])
@requires(MatchmakingPermission.RELEASE)
@writes
def alternates(ref: str) -> ResponseReturnValue:
    """Show which alternates were drawn and wait; on POST, let them go out as the next wave."""
    challenge = _releasing(ref)
    run = queries.run_of(db(), challenge_id=challenge.id)
    waiting = queries.alternates_waiting(db(), challenge_id=challenge.id)
    form = WaveForm.of(service.terms_of(db(), run))
    if form.validate_on_submit():
        try:
            with db().begin_nested():
                seen, terms = request.form.get("seen"), form.terms()
                told(
                    service.release_alternates(
                        db(), actor=actor(), challenge=challenge, terms=terms, seen=seen
                    )
                )
        except Conflict as refusal:
            flash(refusal.message)
        return redirect(url_for("matchmaking.waves", ref=ref), code=303)
    return render_template(
        "matchmaking/alternates.html",
        challenge=challenge,
        waiting=waiting,
        form=form,
        mark=service.waiting_mark(waiting),
        reachable=queries.reachable(db(), supplier_ids=[each.supplier_id for each in waiting]),
    ), 422 if form.errors else 200


@bp.route("/department/challenges/<ref>/match/<supplier_ref>/invite", methods=["GET", "POST"])
@requires(MatchmakingPermission.RELEASE)
@writes
def invite_against(ref: str, supplier_ref: str) -> ResponseReturnValue:
    """Invite a supplier whose turn it is not, with a reason."""
    challenge = _releasing(ref)
    run = queries.run_of(db(), challenge_id=challenge.id)
    candidate = queries.candidate(db(), run_id=run.id, supplier_ref=supplier_ref)
    form = AgainstPlanForm()
    if form.validate_on_submit():
        try:
            with db().begin_nested():
                service.invite_against(
                    db(), actor=actor(), run=run, supplier_ref=supplier_ref, reason=form.reason.data
                )
        except Conflict as refusal:
            form.add_errors({"": refusal.message})
        else:
            flash(f"{candidate.supplier.organisation.name} is invited. Your reason is recorded.", "success")
            return redirect(url_for("matchmaking.waves", ref=ref), code=303)
    return _against(challenge, form, candidate=candidate)


@bp.route("/department/challenges/<ref>/match/<supplier_ref>/withdraw", methods=["GET", "POST"])
@requires(MatchmakingPermission.RELEASE)
@writes
def withdraw(ref: str, supplier_ref: str) -> ResponseReturnValue:
    """Take the invitation of a supplier back, with a reason that it reads."""
    challenge = _releasing(ref)
    found = queries.for_challenge(db(), challenge_id=challenge.id)
    about = [each for each in found if each.supplier.ref == supplier_ref and each.state in STANDING]
    if not about:
        raise NotFound("This supplier has no invitation that could be taken back.")
    form = AgainstPlanForm()
    if form.validate_on_submit():
        try:
            with db().begin_nested():
                service.take_back(db(), actor=actor(), invitation=about[0], reason=form.reason.data)
        except Conflict as refusal:
            form.add_errors({"": refusal.message})
        else:
            flash("The invitation is taken back, and the supplier reads your reason.", "success")
            return redirect(url_for("matchmaking.waves", ref=ref), code=303)
    used = openings.used(db(), invitation_ids=[about[0].id])
    return _against(challenge, form, invitation=about[0], used=bool(used))


def _releasing(ref: str) -> Challenge:
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_release(actor(), challenge), MAY_NOT)
    return challenge


def _against(
    challenge: Challenge,
    form: AgainstPlanForm,
    *,
    candidate: MatchCandidate | None = None,
    invitation: Invitation | None = None,
    used: bool = False,
) -> ResponseReturnValue:
    supplier = candidate.supplier if candidate else invitation and invitation.supplier
    page = render_template(
        "matchmaking/against.html",
        challenge=challenge,
        form=form,
        supplier=supplier,
        invitation=invitation,
        used=used,
    )
    return page, 422 if form.errors else 200
