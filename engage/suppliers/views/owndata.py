"""A supplier's own data: taking it away, bringing it back, asking to have it deleted."""

from __future__ import annotations

import json

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.http.access import actor, requires
from engage.http.filters import plural
from engage.http.session import db, writes
from engage.kernel.errors import DomainError, Invalid
from engage.kernel.sheets import csv_text
from engage.suppliers import queries, service
from engage.suppliers.forms import DeletionForm, RecordForm
from engage.suppliers.policy import SupplierPermission
from engage.suppliers.views import bp
from engage.suppliers.views.statements import own

HEAD = ["title", "text", "client", "date", "level", "evidence", "reference", "confirmed_on", "expires_on"]


@bp.get("/supplier/data")
@requires(SupplierPermission.EDIT)
def own_data() -> ResponseReturnValue:
    """Show how to take one's data away, bring it back, and have it deleted."""
    return _page(RecordForm(), DeletionForm())


@bp.get("/supplier/data.json")
@requires(SupplierPermission.EDIT)
def own_json() -> ResponseReturnValue:
    """Give everything that is kept about the supplier as JSON, in the form that imports read."""
    text = json.dumps(service.own_record(own()), ensure_ascii=False, indent=2) + "\n"
    headers = {"Content-Disposition": 'attachment; filename="engage-supplier.json"'}
    return Response(text, mimetype="application/json", headers=headers)


@bp.get("/supplier/data.csv")
@requires(SupplierPermission.EDIT)
def own_csv() -> ResponseReturnValue:
    """Give the supplier's statements as CSV in which no cell is taken for a formula."""
    rows: list[list[object]] = [
        [
            *(one.title, one.text, one.client, one.dated or "", one.level.value),
            *(
                one.evidence_url or one.evidence_case,
                one.evidence_reference,
                one.confirmed_on,
                one.expires_on,
            ),
        ]
        for one in own().statements
    ]
    headers = {"Content-Disposition": 'attachment; filename="engage-statements.csv"'}
    return Response(csv_text(HEAD, rows), mimetype="text/csv", headers=headers)


@bp.post("/supplier/data/import")
@requires(SupplierPermission.EDIT)
@writes
def own_import() -> ResponseReturnValue:
    """Add the statements of a file that are not there yet and, if asked to, what it says about the supplier."""
    supplier, form = own(), RecordForm()
    if not form.validate():
        return _page(form, DeletionForm())
    try:
        data = json.loads(form.file.data.read().decode("utf-8-sig")) if form.file.data else None
        taken = service.take_record(
            db(), actor=actor(), supplier=supplier, data=data, profile=form.profile.data
        )
    except (ValueError, RecursionError):
        form.add_errors({"file": "The file must be JSON, like the one that you can take away here"})
    except Invalid as wrong:
        form.add_errors(
            {"file": [f"{place}: {message}" for place, message in list(wrong.fields.items())[:10]]}
        )
    except DomainError as refusal:
        form.add_errors({"file": refusal.message})
    else:
        told = f"{plural(taken.added, 'statement')} added, {taken.there} there already."
        if form.profile.data:
            told += (
                " Your profile says what the file says."
                if taken.profile
                else " Your profile said so already."
            )
        flash(told, "success")
        return redirect(url_for("suppliers.profile", _anchor="statements"), 303)
    return _page(form, DeletionForm())


@bp.post("/supplier/data/deletion")
@requires(SupplierPermission.EDIT)
@writes
def ask_deletion() -> ResponseReturnValue:
    """Ask that the supplier's data be deleted."""
    supplier, form = own(), DeletionForm()
    if not form.validate():
        return _page(RecordForm(), form)
    service.ask_deletion(db(), actor=actor(), supplier=supplier, words=form.words.data)
    flash("We have your request. The platform's team answers within a month.", "success")
    return redirect(url_for("suppliers.own_data"), 303)


def _page(record: RecordForm, deletion: DeletionForm) -> ResponseReturnValue:
    asked = queries.deletion_requests(db(), supplier_id=own().id)
    wrong = next((form for form in (record, deletion) if form.errors), None)
    page = render_template(
        "suppliers/own_data.html", record=record, deletion=deletion, form=wrong or record, asked=asked
    )
    return page, 422 if wrong else 200
