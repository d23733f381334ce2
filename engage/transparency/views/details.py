"""Writing what a notice says beyond the challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.transparency import policy, queries, service
from engage.transparency.enums import Part
from engage.transparency.forms import PART_FORMS, BuyerForm, PartyForm
from engage.transparency.policy import TransparencyPermission
from engage.transparency.service.details import BUYER_FIELDS, FIELDS, NO_NOTICE
from engage.transparency.views import bp

if TYPE_CHECKING:
    from engage.challenges.models import Challenge

TITLES = {
    Part.SCOPE: "What would be supplied",
    Part.DATES: "Dates and value",
    Part.ENGAGEMENT: "How the engagement goes",
    Part.CONTACT: "Whom to ask about the notice",
}
SAVED = "Saved. The draft below says what is still missing."


@bp.route("/department/challenges/<ref>/notice/details", methods=["GET", "POST"], defaults={"part": "scope"})
@bp.route("/department/challenges/<ref>/notice/details/<part>", methods=["GET", "POST"])
@requires(TransparencyPermission.PREPARE)
@writes
def details(ref: str, part: str) -> ResponseReturnValue:
    """Ask for one part of what the notice says and the challenge does not."""
    found, asked = _open(ref), _part(part)
    kept = service.details_of(db(), challenge=found)
    shown = {field: getattr(kept, field) for field in (*FIELDS[asked], "not_known")}
    form = PART_FORMS[asked](data={**shown, "seen": service.fingerprint(kept, asked)})
    if form.validate_on_submit():
        try:
            service.save_details(
                db(),
                actor=actor(),
                challenge=found,
                part=asked,
                values=form.data,
                seen=str(form["seen"].data),
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        except Conflict as problem:
            form.add_errors({"": problem.message})
        else:
            flash(SAVED, "success")
            return redirect(url_for("transparency.draft", ref=ref), 303)
    page = render_template(
        "transparency/details.html",
        challenge=found,
        form=form,
        part=asked,
        title=TITLES[asked],
        titles=TITLES,
    )
    return page, 422 if form.errors else 200


@bp.route("/department/challenges/<ref>/notice/parties/new", methods=["GET", "POST"])
@requires(TransparencyPermission.PREPARE)
@writes
def party_new(ref: str) -> ResponseReturnValue:
    """Add another authority, or an organisation that acts on behalf of the department."""
    found = _open(ref)
    form = PartyForm()
    if form.validate_on_submit():
        try:
            service.add_party(db(), actor=actor(), challenge=found, values=form.data)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash(SAVED, "success")
            return redirect(url_for("transparency.draft", ref=ref), 303)
    return render_template("transparency/party.html", challenge=found, form=form), 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/notice/parties/<int:party_id>/remove")
@requires(TransparencyPermission.PREPARE)
@writes
def party_remove(ref: str, party_id: int) -> ResponseReturnValue:
    """Take another organisation out of the notice."""
    found = _open(ref)
    service.remove_party(db(), actor=actor(), challenge=found, party_id=party_id)
    flash("Taken out of the notice.", "success")
    return redirect(url_for("transparency.draft", ref=ref), 303)


@bp.route("/department/details", methods=["GET", "POST"])
@requires(TransparencyPermission.PREPARE)
@writes
def buyer() -> ResponseReturnValue:
    """Ask for what the department says about itself in each of its notices."""
    authorise(policy.can_describe(actor()), "Only people of a department can do this.")
    organisation_id = actor().organisation_id
    kept = queries.buyer_details(db(), organisation_id=organisation_id) if organisation_id else None
    form = BuyerForm(data={field: getattr(kept, field) for field in BUYER_FIELDS} if kept else {})
    back = _back()
    if form.validate_on_submit():
        try:
            service.save_buyer(db(), actor=actor(), values=form.data)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("Saved. It counts for every notice of your department.", "success")
            return redirect(back, 303)
    return render_template("transparency/buyer.html", form=form, back=back), 422 if form.errors else 200


def _open(ref: str) -> Challenge:
    found = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_prepare(actor(), found), policy.NOT_ONE_OF_YOU)
    if not policy.needs_notice(found):
        raise Conflict(NO_NOTICE)
    return found


def _part(name: str) -> Part:
    try:
        return Part(name)
    except ValueError:
        raise NotFound("There is no such page.") from None


def _back() -> str:
    """Return where the person came from: the draft of one of their challenges, or their dashboard."""
    ref = request.args.get("back", "")
    if not ref:
        return url_for("site.dashboard")
    found = challenges.challenge(db(), ref=ref, actor=actor())
    return url_for("transparency.draft", ref=found.ref)
