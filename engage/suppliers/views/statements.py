"""Statements of expertise, for those who look after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import DomainError, Invalid
from engage.suppliers import policy, queries, service
from engage.suppliers.forms import StatementForm
from engage.suppliers.policy import SupplierPermission
from engage.suppliers.views import bp
from engage.suppliers.views.profile import MAY_NOT

if TYPE_CHECKING:
    from engage.suppliers.models import Statement, Supplier


@bp.route("/supplier/statements/new", methods=["GET", "POST"])
@requires(SupplierPermission.EDIT)
@writes
def statement_new() -> ResponseReturnValue:
    """Add a statement."""
    supplier = own()
    form = StatementForm()
    if form.validate_on_submit():
        try:
            made = service.add_statement(db(), actor=actor(), supplier=supplier, content=form.content())
        except DomainError as refusal:
            _show(form, refusal)
        else:
            flash("The statement is added. It counts for twelve months, then you confirm it.", "success")
            return redirect(url_for("suppliers.statement_capabilities", statement_id=made.id), code=303)
    return _page(form, None)


@bp.route("/supplier/statements/<int:statement_id>", methods=["GET", "POST"])
@requires(SupplierPermission.EDIT)
@writes
def statement_edit(statement_id: int) -> ResponseReturnValue:
    """Change a statement."""
    found = queries.statement(db(), supplier=own(), statement_id=statement_id)
    form = StatementForm.of(found)
    if form.validate_on_submit():
        try:
            service.edit_statement(db(), actor=actor(), statement=found, content=form.content())
        except Invalid as wrong:
            _show(form, wrong)
        else:
            return _done("The statement is saved.")
    return _page(form, found)


@bp.post("/supplier/statements/<int:statement_id>/confirm")
@requires(SupplierPermission.EDIT)
@writes
def statement_confirm(statement_id: int) -> ResponseReturnValue:
    """Say that a statement still holds."""
    found = queries.statement(db(), supplier=own(), statement_id=statement_id)
    service.confirm_statement(db(), actor=actor(), statement=found)
    return _done("The statement counts for another twelve months.")


@bp.post("/supplier/statements/<int:statement_id>/remove")
@requires(SupplierPermission.EDIT)
@writes
def statement_remove(statement_id: int) -> ResponseReturnValue:
    """Take a statement away."""
    found = queries.statement(db(), supplier=own(), statement_id=statement_id)
    service.remove_statement(db(), actor=actor(), statement=found)
    return _done("The statement is removed.")


def own() -> Supplier:
    """Return the supplier of whoever is signed in, which they may change."""
    supplier = queries.of_organisation(db(), organisation_id=actor().organisation_id)
    authorise(policy.can_edit(actor(), supplier), MAY_NOT)
    return supplier


def _show(form: StatementForm, refusal: DomainError) -> None:
    form.add_errors(refusal.fields if isinstance(refusal, Invalid) else {"": refusal.message})


def _page(form: StatementForm, statement: Statement | None) -> ResponseReturnValue:
    status = 422 if request.method == "POST" else 200
    return render_template("suppliers/statement.html", form=form, statement=statement), status


def _done(told: str) -> ResponseReturnValue:
    flash(told, "success")
    return redirect(url_for("suppliers.profile", _anchor="statements"), code=303)
