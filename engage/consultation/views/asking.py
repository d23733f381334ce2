"""A supplier's questions."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.consultation import queries, service
from engage.consultation.forms import AskForm
from engage.consultation.policy import can_ask
from engage.consultation.views import bp
from engage.http import limits
from engage.http.access import actor, signed_in
from engage.http.session import db, writes
from engage.suppliers import queries as suppliers


@bp.route("/challenges/<ref>/ask", methods=["GET", "POST"])
@signed_in
@limits.limited("20 per hour", by=limits.person_key)  # each is a letter to the whole department
@writes
def ask(ref: str) -> ResponseReturnValue:
    """Ask about a challenge, and see what became of one's questions; others are told who can."""
    challenge = challenges.public_challenge(db(), ref=ref)
    if not can_ask(actor()):
        return render_template("consultation/ask_who.html", challenge=challenge, me=actor()), 403
    supplier = suppliers.of_organisation(db(), organisation_id=actor().organisation_id)
    form = AskForm()
    if form.validate_on_submit():
        service.ask(db(), actor=actor(), supplier=supplier, challenge=challenge, text=form.text.data)
        flash("Your question is with the department.", "success")
        return redirect(url_for("consultation.ask", ref=ref), 303)
    asked = queries.of_supplier(db(), challenge_id=challenge.id, supplier_id=supplier.id)
    page = render_template("consultation/ask.html", form=form, challenge=challenge, questions=asked)
    return page, 422 if form.errors else 200
