"""Organisations: who waits to be verified, who they are, and what is decided about them."""

from __future__ import annotations

from contextlib import suppress

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import queries, service
from engage.accounts.enums import DECISIONS, Decision, OrganisationState
from engage.accounts.service.identifiers import REGISTERS
from engage.admin.forms import ReasonForm
from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.audit.queries import history
from engage.http.access import actor, requires
from engage.http.pagination import page_number
from engage.http.session import db, writes
from engage.kernel.errors import Invalid, NotFound

DONE = {
    Decision.VERIFY: "{name} is verified. Its people have been told.",
    Decision.REFUSE: "{name} is refused. Its people have been told why.",
    Decision.SUSPEND: "{name} is suspended. Its people have been told why.",
    Decision.LIFT: "The suspension of {name} is lifted. Its people have been told.",
}


@bp.get("/organisations")
@requires(AdminPermission.READ)
def organisations() -> ResponseReturnValue:
    """List organisations, those that wait first."""
    state, words = _state(), request.args.get("q", "").strip()
    return render_template(
        "admin/organisations.html",
        found=queries.organisations(db(), page=page_number(), state=state, words=words),
        counts=queries.organisation_counts(db()),
        state=state,
        words=words,
    )


@bp.get("/organisations/<int:organisation_id>")
@requires(AdminPermission.READ)
def organisation(organisation_id: int) -> ResponseReturnValue:
    """Show one organisation: its identifiers, its people, what happened, and what may be decided."""
    session = db()
    found = queries.organisation(session, organisation_id)
    if found is None:
        raise NotFound
    return render_template(
        "admin/organisation.html",
        organisation=found,
        members=queries.members(session, organisation_id=organisation_id),
        lines=history(session, subject=f"organisation:{organisation_id}"),
        registers={scheme.value: register.name for scheme, register in REGISTERS.items()},
        decisions=DECISIONS[found.state] if AdminPermission.MANAGE.allows(actor()) else (),
    )


@bp.route("/organisations/<int:organisation_id>/<decision>", methods=["GET", "POST"])
@requires(AdminPermission.MANAGE)
@writes
def decide(organisation_id: int, decision: str) -> ResponseReturnValue:
    """Ask why, if the decision needs a reason; decide."""
    found = queries.organisation(db(), organisation_id)
    if found is None or decision not in set(Decision):
        raise NotFound
    form, chosen = ReasonForm(), Decision(decision)
    if form.is_submitted() and form.validate():
        try:
            service.decide(
                db(), actor=actor(), organisation_id=organisation_id, decision=chosen, reason=form.reason.data
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash(DONE[chosen].format(name=found.name), "success")
            return redirect(url_for("admin.organisation", organisation_id=organisation_id), 303)
    page = render_template("admin/decide.html", form=form, organisation=found, decision=chosen)
    return make_response(page, 422 if form.errors else 200)


def _state() -> OrganisationState | None:
    with suppress(ValueError):
        return OrganisationState(request.args.get("state", ""))
    return None
