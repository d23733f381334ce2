"""The people of one's organisation, and the way in for those who were asked."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import queries, service
from engage.accounts.forms import AnswerForm, InviteForm, JoinForm
from engage.accounts.policy import AccountPermission
from engage.accounts.service.team import Offer, read_offer
from engage.accounts.views import bp
from engage.accounts.views.pages import show
from engage.http import limits
from engage.http.access import actor, public, requires
from engage.http.session import db, writes
from engage.kernel.actor import ROLES_OF, Role
from engage.kernel.errors import Invalid

MEANING = {
    Role.POLICY_AUTHOR: "Writes challenges, sees who fits, runs sessions, answers questions",
    Role.APPROVER: "Approves what others wrote, never their own text; adds people",
    Role.FACILITATOR: "Runs sessions: attendance and minutes",
    Role.SUPPLIER_ADMIN: "Looks after the profile and the people, accepts and declines invitations",
    Role.SUPPLIER_EXPERT: "Volunteers, asks questions, comes to sessions",
    Role.AUDITOR: "Reads everything and changes nothing",
    Role.PLATFORM_ADMIN: "Verifies organisations, releases letters, adds people",
}


@bp.get("/account/people")
@requires(AccountPermission.MANAGE_PEOPLE)
def people() -> ResponseReturnValue:
    """List the people of the organisation."""
    who = actor()
    assert who.organisation_id is not None
    return render_template(
        "accounts/people.html",
        who=who,
        members=queries.members(db(), organisation_id=who.organisation_id),
        requests=queries.join_requests(db(), organisation_id=who.organisation_id),
    )


@bp.route("/account/people/requests/<int:request_id>", methods=["GET", "POST"])
@requires(AccountPermission.MANAGE_PEOPLE)
@writes
def join_request(request_id: int) -> ResponseReturnValue:
    """Show who asks to join; approve or decline."""
    who, form = actor(), AnswerForm()
    assert who.organisation_kind is not None
    found = queries.join_request(db(), organisation_id=who.organisation_id, request_id=request_id)
    roles = [role for role in Role if role in ROLES_OF[who.organisation_kind]]
    form.roles.choices = [(role, role.label.capitalize(), MEANING[role]) for role in roles]
    if form.validate_on_submit():
        approve = "decline" not in request.form
        try:
            service.answer_join_request(
                db(), actor=who, request_id=found.id, approve=approve, roles=form.roles.data
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            told = f"We have sent a link to {found.email}." if approve else "The request is declined."
            flash(told, "success")
            return redirect(url_for("accounts.people"), 303)
    return show("join_request", form, who=who, asked=found)


@bp.route("/account/people/add", methods=["GET", "POST"])
@requires(AccountPermission.MANAGE_PEOPLE)
@limits.limited("20 per hour", by=limits.person_key)
@writes
def invite() -> ResponseReturnValue:
    """Ask somebody to join."""
    who, form = actor(), InviteForm()
    assert who.organisation_kind is not None
    roles = [role for role in Role if role in ROLES_OF[who.organisation_kind]]
    form.roles.choices = [(role, role.label.capitalize(), MEANING[role]) for role in roles]
    if form.validate_on_submit():
        try:
            service.invite(db(), actor=who, email=form.email.data, roles=form.roles.data)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash(
                f"We have sent a link to {form.email.data}. They join by opening it within 7 days.", "success"
            )
            return redirect(url_for("accounts.people"), 303)
    return show("invite", form, who=who)


@bp.post("/account/people/<int:membership_id>/end")
@requires(AccountPermission.MANAGE_PEOPLE)
@writes
def end_membership(membership_id: int) -> ResponseReturnValue:
    """Take somebody out of the organisation."""
    left = service.end_membership(db(), actor=actor(), membership_id=membership_id)
    flash(f"{left.name} does not act for your organisation any more.", "success")
    here = left.id != actor().person_id
    return redirect(url_for("accounts.people" if here else "accounts.account"), 303)


@bp.route("/join/<token>", methods=["GET", "POST"])
@public
@writes
def join(token: str) -> ResponseReturnValue:
    """Show what is offered; join, after giving name and password for somebody new."""
    offer = read_offer(db(), token)
    if offer is None:
        return render_template("accounts/join_dead.html"), 410
    form = JoinForm()
    if request.method != "POST" or (offer.person is None and not form.validate()):
        return show("join", form, offer=offer)
    try:
        service.join(db(), token=token, name=form.name.data, password=form.password.data)
    except Invalid as problem:
        form.add_errors(problem.fields)
        return show("join", form, offer=offer)
    return _joined(offer)


def _joined(offer: Offer) -> ResponseReturnValue:
    flash(f"You now act for {offer.organisation.name}. Sign in to begin.", "success")
    return redirect(url_for("accounts.sign_in"), 303)
