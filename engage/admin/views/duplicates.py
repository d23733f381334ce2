"""Suppliers that look like one another: keep them apart, or let one stand for the other."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.admin.forms import PairForm
from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.http.access import actor, requires
from engage.http.filters import plural
from engage.http.session import db, writes
from engage.kernel.errors import Invalid, NotFound
from engage.suppliers import queries, service


@bp.get("/duplicates")
@requires(AdminPermission.READ)
def duplicates() -> ResponseReturnValue:
    """List pairs of suppliers that look like one another."""
    return render_template("admin/duplicates.html", pairs=queries.lookalikes(db()))


@bp.route("/duplicates/<one>/<other>", methods=["GET", "POST"])
@requires(AdminPermission.MANAGE)
@writes
def duplicate(one: str, other: str) -> ResponseReturnValue:
    """Show two suppliers side by side; say whether they are the same."""
    if one == other:
        raise NotFound
    both = [queries.by_ref(db(), ref=ref) for ref in (one, other)]
    form = PairForm()
    names = [each.organisation.name for each in both]
    form.decision.choices = [
        ("apart", "They are two: keep both"),
        (one, f"They are one: keep {names[0]} ({one})"),
        (other, f"They are one: keep {names[1]} ({other})"),
    ]
    if form.validate_on_submit():
        try:
            told = _decide(one, other, form)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash(told, "success")
            return redirect(url_for("admin.duplicates"), 303)
    status = 422 if request.method == "POST" else 200
    return render_template("admin/duplicate.html", form=form, both=both), status


def _decide(one: str, other: str, form: PairForm) -> str:
    chosen, because = form.decision.data, form.because.data
    if chosen == "apart":
        service.keep_apart(db(), actor=actor(), refs=(one, other), because=because)
        return "They are kept apart, and not proposed again."
    gone = other if chosen == one else one
    done = service.merge_suppliers(db(), actor=actor(), duplicate=gone, into=chosen, because=because)
    people = plural(done.people, "person", "people")
    whose = f"{people} went along" if done.at_once else f"its administrators were asked about {people}"
    name = done.kept.organisation.name
    return f"{name} stands for both now: {plural(done.statements, 'statement')} and {whose}."
