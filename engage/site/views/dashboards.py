"""Where people start after signing in: what needs them next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries as advisory
from engage.challenges import queries as challenges
from engage.challenges.policy import can_draft
from engage.http.access import actor, authorise, signed_in
from engage.http.pagination import page_number
from engage.http.session import db
from engage.kernel.actor import Actor, OrganisationKind
from engage.kernel.errors import NotFound
from engage.matching import Band
from engage.matchmaking import queries as matchmaking
from engage.matchmaking import service as matching
from engage.matchmaking.enums import InvitationState
from engage.site.board import Choice, board
from engage.site.views import bp
from engage.suppliers import queries as suppliers

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engage.matchmaking.service import Opportunity
    from engage.suppliers.models import Supplier

MOST_OPPORTUNITIES = 3
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
    """Show whose turn it is, what is late, and the department's challenges by state."""
    who, session = _of(OrganisationKind.DEPARTMENT), db()
    assert who.organisation_id is not None
    found, choice = board(session, actor=who), _choice()
    shown = found.shown(choice)
    return render_template(
        "site/department.html",
        can_draft=can_draft(who),
        board=found,
        choice=choice,
        choices=_choices(choice),
        board_columns=challenges.for_department(session, shown=shown),
        sessions=advisory.upcoming_of_department(session, organisation_id=who.organisation_id),
    )


@bp.get("/department/board/<key>")
@signed_in
def department_column(key: str) -> ResponseReturnValue:
    """Show one column of the board with all its challenges, a page at a time."""
    who, session = _of(OrganisationKind.DEPARTMENT), db()
    found, choice = board(session, actor=who), _choice()
    column = challenges.column(session, shown=found.shown(choice), key=key, page=page_number())
    if column is None:
        raise NotFound("The board has no such column.")
    return render_template(
        "site/department_column.html", board=found, choice=choice, title=column[0], page=column[1]
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
        expiring=suppliers.expiring(session, supplier_id=profile.id),
        invitations=sorted(
            matchmaking.invitations_for(session, supplier_id=profile.id),
            key=lambda invitation: invitation.state is not InvitationState.SENT,
        ),
        seats=advisory.sessions_of_supplier(session, supplier_id=profile.id),
        written=advisory.contributions_of_supplier(session, supplier_id=profile.id),
        opportunities=_closest(session, profile),
    )


def _closest(session: Session, profile: Supplier) -> Sequence[Opportunity]:
    """Return the open challenges that are closest to a supplier's work, with why."""
    found = matching.opportunities(session, supplier=profile)
    return [each for each in found if each.band not in {None, Band.NONE}][:MOST_OPPORTUNITIES]


def _choice() -> Choice:
    known = {choice.value: choice for choice in Choice}
    return known.get(request.args.get("show", ""), Choice.ALL)


def _choices(chosen: Choice) -> list[tuple[str, str, bool]]:
    """Return the choices as tabs: text, address, and whether it is the present one."""
    words = {Choice.ALL: "All", Choice.MINE: "Mine", Choice.LATE: "Late"}
    return [
        (text, url_for("site.department", show=choice.value), choice is chosen)
        for choice, text in words.items()
    ]


def _of(kind: OrganisationKind) -> Actor:
    who = actor()
    authorise(who.organisation_kind is kind, f"This page is for people who act for a {kind.value}.")
    return who
