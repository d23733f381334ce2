"""One's own interests: declare, correct, end; and what the people of a supplier declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, requires
from engage.http.session import db, writes
from engage.interests import policy, queries, service
from engage.interests.forms import ALL, ENDED, ONE, DeclareForm, EndForm
from engage.interests.policy import InterestsPermission
from engage.interests.views import bp
from engage.kernel.actor import OrganisationKind
from engage.kernel.errors import Conflict, Invalid

if TYPE_CHECKING:
    from engage.challenges.models import Challenge
    from engage.interests.models import Declaration

SHOWN = ("kind", "appearance", "description", "starts_on", "ends_on", "cooling_off")


@bp.get("/account/interests")
@requires(InterestsPermission.DECLARE)
def mine() -> ResponseReturnValue:
    """List the interests one has declared for the organisation one acts for, with their history."""
    found = queries.of_person(db(), actor=actor())
    return render_template(
        "interests/mine.html",
        live=[each for each in found if each.closed_at is None],
        closed=[each for each in found if each.closed_at is not None],
        me=actor(),
        sees_team=policy.can_see_team(actor()),
    )


@bp.route("/account/interests/new", methods=["GET", "POST"])
@requires(InterestsPermission.DECLARE)
@writes
def declare() -> ResponseReturnValue:
    """Declare an interest, about one challenge or about all."""
    about = _challenge(request.args.get("challenge", ""))
    form = _form(about, DeclareForm(data={"scope": ONE if about else ALL}))
    if form.validate_on_submit():
        scope = about if form.scope.data == ONE else None
        try:
            service.declare(db(), actor=actor(), told=form.told(), challenge=scope)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("Your interest is declared.", "success")
            return redirect(_back(about), 303)
    page = render_template(
        "interests/declare.html", form=form, about=about, back=_back(about), former=None, me=actor()
    )
    return page, 422 if form.errors else 200


@bp.route("/account/interests/<int:declaration_id>/correct", methods=["GET", "POST"])
@requires(InterestsPermission.DECLARE)
@writes
def correct(declaration_id: int) -> ResponseReturnValue:
    """Correct what one declared; what was said before stays readable."""
    former = _live(declaration_id)
    about = former.challenge
    form = _form(about, DeclareForm(data=_shown(former)))
    if form.validate_on_submit():
        scope = about if form.scope.data == ONE else None
        try:
            service.correct(db(), actor=actor(), declaration=former, told=form.told(), challenge=scope)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("Your declaration is corrected.", "success")
            return redirect(url_for("interests.mine"), 303)
    page = render_template(
        "interests/declare.html",
        form=form,
        about=about,
        back=url_for("interests.mine"),
        former=former,
        me=actor(),
    )
    return page, 422 if form.errors else 200


@bp.route("/account/interests/<int:declaration_id>/end", methods=["GET", "POST"])
@requires(InterestsPermission.DECLARE)
@writes
def end(declaration_id: int) -> ResponseReturnValue:
    """Say that an interest has ended, or that it was declared by mistake."""
    found = _live(declaration_id)
    form = EndForm()
    if form.validate_on_submit():
        try:
            _end(found, form)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            own = policy.is_own(actor(), found)
            return redirect(url_for("interests.mine" if own else "interests.team"), 303)
    return render_template("interests/end.html", form=form, declaration=found), 422 if form.errors else 200


@bp.get("/supplier/interests")
@requires(InterestsPermission.TEAM)
def team() -> ResponseReturnValue:
    """List what the people of the supplier one acts for have declared."""
    found = queries.of_organisation(db(), organisation_id=actor().organisation_id)
    present = queries.people_now(db(), organisation_id=actor().organisation_id)
    return render_template("interests/team.html", declarations=found, present=present, me=actor())


def _end(found: Declaration, form: EndForm) -> None:
    if form.what.data == ENDED:
        service.end(db(), actor=actor(), declaration=found, ended_on=form.day)
        flash("The end is recorded. It still counts for its usual time.", "success")
    else:
        service.withdraw(db(), actor=actor(), declaration=found, reason=form.reason.data)
        flash("The declaration is withdrawn. It stays in the history with your reason.", "success")


def _challenge(ref: str) -> Challenge | None:
    """Return the challenge that the page is about: one's own department's, or a public one for a supplier."""
    if not ref:
        return None
    if actor().organisation_kind is OrganisationKind.SUPPLIER:
        return challenges.public_challenge(db(), ref=ref)
    return challenges.challenge(db(), ref=ref, actor=actor())


def _form(about: Challenge | None, form: DeclareForm) -> DeclareForm:
    form.scope.choices = [(ALL, "All challenges of the department" if _official() else "All challenges")]
    if about is not None:
        form.scope.choices.append((ONE, f"Only “{about.title}”"))
    return form


def _official() -> bool:
    return actor().organisation_kind is OrganisationKind.DEPARTMENT


def _back(about: Challenge | None) -> str:
    if about is not None and _official():
        return url_for("interests.challenge", ref=about.ref)
    return url_for("interests.mine")


def _live(declaration_id: int) -> Declaration:
    found = queries.declaration(db(), declaration_id=declaration_id, actor=actor())
    if found.closed_at is not None:
        raise Conflict(
            "This declaration was withdrawn or corrected before, so it cannot be changed any more."
        )
    return found


def _shown(former: Declaration) -> dict[str, object]:
    return {
        **{name: getattr(former, name) for name in SHOWN},
        "counterpart": former.counterpart_name,
        "number": former.counterpart_number,
        "domain": former.counterpart_domain,
        "scope": ONE if former.challenge_id else ALL,
    }
