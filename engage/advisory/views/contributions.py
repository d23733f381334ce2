"""Answering in writing: the supplier's page, and what the department reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.forms import contribution_form
from engage.advisory.policy import AdvisoryPermission, can_volunteer
from engage.advisory.views import bp
from engage.challenges import queries as challenges
from engage.http import limits
from engage.http.access import actor, requires, signed_in
from engage.http.session import db, writes
from engage.kernel.errors import Invalid
from engage.kernel.sheets import csv_text
from engage.kernel.uktime import to_uk

if TYPE_CHECKING:
    from engage.advisory.models import Contribution

HEAD = ("supplier", "supplier_reference", "question_number", "question", "answer", "sent_at", "changed_at")


@bp.route("/challenges/<ref>/write", methods=["GET", "POST"])
@signed_in
@limits.limited("30 per hour", by=limits.person_key)
@writes
def write(ref: str) -> ResponseReturnValue:
    """Answer in writing what everybody is asked, change the answers, or read what was sent; others are told who can."""
    challenge = challenges.public_challenge(db(), ref=ref)
    if not can_volunteer(actor()):
        return render_template("advisory/volunteer_who.html", challenge=challenge, me=actor()), 403
    supplier = queries.own_supplier(db(), actor=actor())
    route = queries.written_route(db(), challenge=challenge)
    held = queries.contribution_of(db(), challenge_id=challenge.id, supplier_id=supplier.id)
    form = contribution_form(route, held)
    if form.validate_on_submit():
        try:
            service.answer_in_writing(
                db(),
                actor=actor(),
                challenge=challenge,
                supplier=supplier,
                asked=form.asked.data or "",
                answers=form.answers(),
            )
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        else:
            flash("The department has your answers. You can change them until the last day.", "success")
            return redirect(url_for("advisory.write", ref=ref), 303)
    page = render_template("advisory/write.html", form=form, challenge=challenge, route=route, held=held)
    return page, 422 if form.errors else 200


@bp.post("/challenges/<ref>/write/withdraw")
@requires(AdvisoryPermission.TAKE_PART)
@limits.limited("30 per hour", by=limits.person_key)
@writes
def withdraw_contribution(ref: str) -> ResponseReturnValue:
    """Take one's answers back."""
    challenge = challenges.public_challenge(db(), ref=ref)
    supplier = queries.own_supplier(db(), actor=actor())
    service.withdraw_contribution(db(), actor=actor(), challenge=challenge, supplier=supplier)
    flash("You have taken your answers back. The department does not see them any more.", "success")
    return redirect(url_for("advisory.write", ref=ref), 303)


@bp.get("/department/challenges/<ref>/written")
@requires(AdvisoryPermission.SEE)
def contributions(ref: str) -> ResponseReturnValue:
    """Read what suppliers answered in writing, question by question."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    found = queries.contributions(db(), challenge_id=challenge.id)
    route = queries.written_route(db(), challenge=challenge) if challenge.published_at else None
    return render_template(
        "advisory/contributions.html",
        challenge=challenge,
        route=route,
        found=found,
        asked=_by_question(found),
    )


@bp.get("/department/challenges/<ref>/written.csv")
@requires(AdvisoryPermission.SEE)
def contributions_csv(ref: str) -> ResponseReturnValue:
    """Give the answers in writing as CSV, a row for each answer; who came to a session is not in it."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    rows = [
        [
            *(each.supplier.organisation.name, each.supplier.ref, number, one["question"], one["answer"]),
            to_uk(each.sent_at).isoformat(),
            to_uk(each.changed_at).isoformat() if each.changed_at else "",
        ]
        for each in queries.contributions(db(), challenge_id=challenge.id)
        for number, one in enumerate(each.answers, start=1)
        if one["answer"]
    ]
    headers = {"Content-Disposition": f'attachment; filename="{challenge.ref}-written.csv"'}
    return Response(csv_text(HEAD, rows), mimetype="text/csv", headers=headers)


def _by_question(found: Sequence[Contribution]) -> dict[str, list[tuple[str, str, str]]]:
    """Return each question that was answered with name, reference and answer of each supplier that did."""
    asked: dict[str, list[tuple[str, str, str]]] = {}
    for each in found:
        for one in each.answers:
            if one["answer"]:
                told = (each.supplier.organisation.name, each.supplier.ref, one["answer"])
                asked.setdefault(one["question"], []).append(told)
    return asked
