"""Suppliers that ask to have their data deleted."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.admin.forms import DeletionAnswerForm
from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.http.access import actor, requires
from engage.http.session import db, writes
from engage.kernel.errors import Invalid
from engage.suppliers import queries, service


@bp.get("/deletions")
@requires(AdminPermission.READ)
def deletions() -> ResponseReturnValue:
    """List the requests to delete a supplier's data, those that wait first."""
    return render_template("admin/deletions.html", asked=queries.deletion_requests(db()))


@bp.route("/deletions/<int:request_id>", methods=["GET", "POST"])
@requires(AdminPermission.MANAGE)
@writes
def deletion(request_id: int) -> ResponseReturnValue:
    """Show a request; delete what was asked for, or say why not."""
    found = queries.deletion_request(db(), request_id=request_id)
    form = DeletionAnswerForm()
    if form.validate_on_submit():
        try:
            delete = form.decision.data == "delete"
            service.answer_deletion(
                db(), actor=actor(), request_id=found.id, delete=delete, answer=form.answer.data
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("The data is deleted." if delete else "The request is refused.", "success")
            return redirect(url_for("admin.deletions"), 303)
    status = 422 if request.method == "POST" else 200
    return render_template("admin/deletion.html", form=form, asked=found), status
