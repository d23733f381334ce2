"""Where people start after signing in: what needs them next."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries as advisory
from engage.challenges import queries as challenges
from engage.challenges.policy import can_draft
from engage.consultation import queries as consultation
from engage.http.access import actor, authorise, signed_in
from engage.http.session import db
from engage.kernel.actor import Actor, OrganisationKind
from engage.matchmaking import queries as matchmaking
from engage.matchmaking.enums import InvitationState
from engage.site.views import bp
from engage.suppliers import queries as suppliers

STARTS = {
    OrganisationKind.DEPARTMENT: "site.department",
    OrganisationKind.SUPPLIER: "site.supplier",
    OrganisationKind.PLATFORM: "admin.home",
}


@bp.get("/dashboard")
@signed_in
def dashboard() -> ResponseReturnValue:
    """Send people to the dashboard of the organisation they act for."""
    kind = actor().organisation_kind
    return redirect(url_for(STARTS[kind] if kind else "accounts.account"))


@bp.get("/department")
@signed_in
def department() -> ResponseReturnValue:
    """Show a department its challenges by state, who must act next, and what waits."""
    who = _of(OrganisationKind.DEPARTMENT)
    session = db()
    assert who.organisation_id is not None
    return render_template(
        "site/department.html",
        can_draft=can_draft(who),
        board_columns=challenges.for_department(session, organisation_id=who.organisation_id),
        sessions=advisory.upcoming_of_department(session, organisation_id=who.organisation_id),
        questions=consultation.open_questions(session, organisation_id=who.organisation_id),
    )


@bp.get("/supplier")
@signed_in
def supplier() -> ResponseReturnValue:
    """Show a supplier its invitations, those that wait for an answer first, its sessions and its profile."""
    who = _of(OrganisationKind.SUPPLIER)
    session = db()
    assert who.organisation_id is not None
    profile = suppliers.of_organisation(session, organisation_id=who.organisation_id)
    return render_template(
        "site/supplier.html",
        profile=profile,
        invitations=sorted(
            matchmaking.invitations_for(session, supplier_id=profile.id),
            key=lambda invitation: invitation.state is not InvitationState.SENT,
        ),
        seats=advisory.sessions_of_supplier(session, supplier_id=profile.id),
    )


def _of(kind: OrganisationKind) -> Actor:
    who = actor()
    authorise(who.organisation_kind is kind, f"This page is for people who act for a {kind.value}.")
    return who
