"""Statements of suppliers: which are evidenced, and verifying those that were compared with their evidence."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.admin.forms import BecauseForm
from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.http.access import actor, requires
from engage.http.pagination import page_number
from engage.http.session import db, writes
from engage.kernel import codes
from engage.kernel.errors import Invalid
from engage.suppliers import queries, service
from engage.suppliers.enums import EvidenceLevel

if TYPE_CHECKING:
    from engage.suppliers.models import Statement


@bp.get("/statements")
@requires(AdminPermission.READ)
def statements() -> ResponseReturnValue:
    """List statements of expertise by how well they are backed, newest first."""
    level, words = EvidenceLevel.EVIDENCED, request.args.get("q", "").strip()
    with suppress(ValueError):
        level = EvidenceLevel(request.args.get("level", level))
    found = queries.to_verify(db(), level=level, words=words, page=page_number())
    return render_template(
        "admin/statements.html", found=found, level=level, levels=list(EvidenceLevel), words=words
    )


@bp.get("/statements/<int:statement_id>")
@requires(AdminPermission.READ)
def statement(statement_id: int) -> ResponseReturnValue:
    """Show a statement with its evidence, and what may be decided about it."""
    found = queries.any_statement(db(), statement_id=statement_id)
    return _page(found, BecauseForm(data={"seen": found.updated_at.isoformat()}))


@bp.post("/statements/<int:statement_id>/verify")
@requires(AdminPermission.MANAGE)
@writes
def verify_statement(statement_id: int) -> ResponseReturnValue:
    """Verify a statement, with what was compared."""
    found = queries.any_statement(db(), statement_id=statement_id)
    form = BecauseForm()
    try:
        if not form.validate():
            return _page(found, form)
        service.verify_statement(
            db(), actor=actor(), statement_id=found.id, because=form.because.data, seen=form.seen.data or ""
        )
    except Invalid as problem:
        form.add_errors(problem.fields)
        return _page(found, form)
    return _done(found, "The statement is verified.")


@bp.post("/statements/<int:statement_id>/set-aside")
@requires(AdminPermission.MANAGE)
@writes
def set_aside(statement_id: int) -> ResponseReturnValue:
    """Take a verification back, with the reason."""
    found = queries.any_statement(db(), statement_id=statement_id)
    form = BecauseForm()
    try:
        if not form.validate():
            return _page(found, form)
        service.set_aside(db(), actor=actor(), statement_id=found.id, because=form.because.data)
    except Invalid as problem:
        form.add_errors(problem.fields)
        return _page(found, form)
    return _done(found, "The verification is taken back. The statement is evidenced again.")


def _page(found: Statement, form: BecauseForm) -> ResponseReturnValue:
    page = render_template(
        "admin/statement.html",
        form=form,
        statement=found,
        may=AdminPermission.MANAGE.allows(actor()),
        codes=codes,
    )
    return page, 422 if form.errors else 200


def _done(found: Statement, told: str) -> ResponseReturnValue:
    flash(told, "success")
    return redirect(url_for("admin.statement", statement_id=found.id), 303)
