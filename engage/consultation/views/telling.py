"""Recording what was told elsewhere, and releasing it to everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import queries as accounts
from engage.challenges import policy as challenge_policy
from engage.challenges import queries as challenges
from engage.consultation import queries, service
from engage.consultation.forms import ReleaseForm, ToldForm, ToldToForm
from engage.consultation.policy import ONLY_THE_DEPARTMENT, ConsultationPermission, can_release, can_tell
from engage.consultation.views import bp
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.actor import Role
from engage.kernel.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engage.challenges.models import Challenge
    from engage.consultation.models import ToldFact


@bp.route("/department/challenges/<ref>/told", methods=["GET", "POST"])
@requires(ConsultationPermission.TELL)
@writes
def telling_new(ref: str) -> ResponseReturnValue:
    """Record something that was told to one organisation by phone, in a meeting, on paper."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(can_tell(actor(), challenge), ONLY_THE_DEPARTMENT)
    form = _with_people(ToldForm(data={"told_by": actor().person_id}), challenge)
    if form.validate_on_submit():
        try:
            fact = service.record_telling(
                db(),
                actor=actor(),
                challenge=challenge,
                title=form.title.data,
                text=form.text.data,
                said=form.said(),
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("It is on the record. Release it to everyone as soon as you can.", "success")
            return redirect(url_for("consultation.telling", fact_id=fact.id), 303)
    page = render_template("consultation/telling_new.html", form=form, challenge=challenge)
    return page, 422 if form.errors else 200


@bp.get("/department/told/<int:fact_id>")
@requires(ConsultationPermission.SEE)
def telling(fact_id: int) -> ResponseReturnValue:
    """Show what was told, to whom, and whether everyone has it."""
    fact = _fact(fact_id)
    return render_template(
        "consultation/telling.html",
        fact=fact,
        challenge=fact.challenge,
        may_tell=can_tell(actor(), fact.challenge),
        may_release=can_release(actor(), fact.challenge),
    )


@bp.route("/department/told/<int:fact_id>/again", methods=["GET", "POST"])
@requires(ConsultationPermission.TELL)
@writes
def telling_again(fact_id: int) -> ResponseReturnValue:
    """Record that somebody else was told the same."""
    fact = _fact(fact_id)
    authorise(can_tell(actor(), fact.challenge), ONLY_THE_DEPARTMENT)
    form = _with_people(ToldToForm(data={"told_by": actor().person_id}), fact.challenge)
    if form.validate_on_submit():
        try:
            service.record_again(db(), actor=actor(), fact=fact, said=form.said())
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("It is on the record.", "success")
            return redirect(url_for("consultation.telling", fact_id=fact.id), 303)
    page = render_template("consultation/telling_again.html", form=form, fact=fact, challenge=fact.challenge)
    return page, 422 if form.errors else 200


@bp.route("/department/told/<int:fact_id>/release", methods=["GET", "POST"])
@requires(ConsultationPermission.RELEASE)
@writes
def telling_release(fact_id: int) -> ResponseReturnValue:
    """Release it to everyone, in the same words."""
    fact = _fact(fact_id)
    authorise(can_release(actor(), fact.challenge), ONLY_THE_DEPARTMENT)
    form = ReleaseForm(data={"wording": fact.wording or fact.text})
    if form.validate_on_submit():
        try:
            service.release_fact(
                db(),
                actor=actor(),
                fact=fact,
                wording=form.wording.data,
                names_checked=form.names_checked.data,
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash(_outcome(fact), "success")
            return redirect(url_for("consultation.ledger", ref=fact.challenge.ref), 303)
    traces = service.traces_of_told(db(), fact, form.wording.data)
    page = render_template(
        "consultation/telling_release.html", form=form, fact=fact, challenge=fact.challenge, traces=traces
    )
    return page, 422 if form.errors else 200


@bp.app_template_global()
def told_without_wording(challenge: Challenge) -> Sequence[ToldFact]:
    """Return what has to be worded before the challenge can be published."""
    return queries.unworded(db(), challenge_id=challenge.id)


def _outcome(fact: ToldFact) -> str:
    if fact.released_at is None:
        return "It goes to everyone at the moment the challenge is published."
    return "Everyone can read it now."


def _fact(fact_id: int) -> ToldFact:
    fact = queries.told_fact(db(), fact_id=fact_id)
    if not challenge_policy.can_see(actor(), fact.challenge):
        raise NotFound
    return fact


def _with_people(form: ToldToForm, challenge: Challenge) -> ToldToForm:
    people = accounts.people_with(
        db(),
        Role.POLICY_AUTHOR,
        Role.APPROVER,
        Role.FACILITATOR,
        organisation_id=challenge.organisation_id,
    )
    form.told_by.choices = [(person.id, person.name) for person in people]
    return form
