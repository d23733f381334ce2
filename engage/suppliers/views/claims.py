"""What a supplier does for its statements: says that they still hold, and which capabilities they show."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.http.access import actor, requires
from engage.http.filters import plural
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import Invalid
from engage.suppliers import queries, service
from engage.suppliers.forms import CapabilitiesForm, ConfirmForm
from engage.suppliers.policy import SupplierPermission
from engage.suppliers.views import bp
from engage.suppliers.views.statements import own


@bp.route("/supplier/statements/expiring", methods=["GET", "POST"])
@requires(SupplierPermission.EDIT)
@writes
def expiring() -> ResponseReturnValue:
    """Show the statements that expire soon or have expired; confirm those that still hold."""
    supplier = own()
    found = queries.expiring(db(), supplier_id=supplier.id)
    ticked = [each.statement.id for each in found] if request.method == "GET" else []
    form = ConfirmForm(data={"statements": ticked})
    form.statements.choices = [(each.statement.id, each.statement.title, _until(each)) for each in found]
    if form.validate_on_submit():
        try:
            done = service.confirm_statements(
                db(), actor=actor(), supplier=supplier, ids=form.statements.data
            )
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        else:
            verb = "counts" if len(done) == 1 else "count"
            flash(f"{plural(len(done), 'statement')} {verb} for another twelve months.", "success")
            return redirect(url_for("suppliers.profile", _anchor="statements"), code=303)
    status = 422 if request.method == "POST" else 200
    return render_template("suppliers/expiring.html", form=form, found=found), status


@bp.route("/supplier/statements/<int:statement_id>/capabilities", methods=["GET", "POST"])
@requires(SupplierPermission.EDIT)
@writes
def statement_capabilities(statement_id: int) -> ResponseReturnValue:
    """Say which capabilities a statement shows, from those that seem to fit and the whole list."""
    found = queries.statement(db(), supplier=own(), statement_id=statement_id)
    ticked = [each.capability.slug for each in found.named] if request.method == "GET" else []
    form = CapabilitiesForm(data={"capabilities": ticked})
    fitting = service.suggest(db(), statement=found)
    form.capabilities.choices = [
        *((each.capability.slug, each.capability.name) for each in found.named),
        *((each.slug, each.name, f"Seems to fit. {each.area}") for each in fitting),
    ]
    every = [(slug, f"{area}: {name}") for area, below in queries.choices(db()) for slug, name in below]
    form.another.choices = [("", "None"), *every]
    if form.validate_on_submit():
        try:
            service.name_capabilities(db(), actor=actor(), statement=found, slugs=form.chosen())
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        else:
            flash("The capabilities are saved.", "success")
            return redirect(url_for("suppliers.profile", _anchor="statements"), code=303)
    status = 422 if request.method == "POST" else 200
    return render_template(
        "suppliers/statement_capabilities.html", form=form, statement=found, fitting=fitting
    ), status


def _until(claim: queries.Claim) -> str:
    day = clock.uk_today()
    left = (claim.statement.expires_on - day).days
    if claim.expired:
        return "Counts no longer"
    return "Counts until tomorrow" if left == 1 else f"Counts for {left} more days"
