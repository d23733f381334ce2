"""The tab of a challenge: who has said what, which suppliers are concerned, what is done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.accounts import queries as accounts
from engage.challenges import queries as challenges
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.interests import policy, queries, service
from engage.interests.forms import DecisionForm, ReviewForm, StepsForm
from engage.interests.policy import InterestsPermission
from engage.interests.views import bp
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from engage.challenges.models import Challenge
    from engage.interests.models import Declaration


@bp.get("/department/challenges/<ref>/interests")
@requires(InterestsPermission.SEE)
def challenge(ref: str) -> ResponseReturnValue:
    """Show one's own statement and, to those who may read it, everybody's, and the suppliers concerned."""
    found = challenges.challenge(db(), ref=ref, actor=actor())
    reads = policy.can_read(actor(), found)
    return render_template(
        "interests/challenge.html",
        challenge=found,
        assessment=service.assess(db(), challenge=found) if reads else None,
        named=policy.names_suppliers(found),
        own=queries.counting_of(db(), person_id=actor().person_id, challenge=found),
        said=queries.said_none(db(), person_id=actor().person_id, challenge=found),
        may_state=policy.can_state_none(actor(), found),
        may_propose=policy.can_propose(actor(), found),
        may_decide=policy.is_decider(actor(), found),
        form=ReviewForm(),
        me=actor(),
    )


@bp.post("/department/challenges/<ref>/interests/none")
@requires(InterestsPermission.STATE)
@writes
def none(ref: str) -> ResponseReturnValue:
    """Say that one has nothing to declare about this challenge."""
    found = challenges.challenge(db(), ref=ref, actor=actor())
    try:
        service.declare_none(db(), actor=actor(), challenge=found)
    except Conflict as refusal:
        flash(refusal.message)
    else:
        flash("You have said that you have nothing to declare.", "success")
    return redirect(url_for("interests.challenge", ref=ref), 303)


@bp.route("/department/challenges/<ref>/interests/<int:declaration_id>/steps", methods=["GET", "POST"])
@requires(InterestsPermission.PROPOSE)
@writes
def propose(ref: str, declaration_id: int) -> ResponseReturnValue:
    """Propose steps against a conflict, with an owner and dates."""
    found = _readable(ref)
    declaration = _concerned(found, declaration_id)
    form = StepsForm()
    people = accounts.people_with(
        db(), Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR, organisation_id=found.organisation_id
    )
    form.owner.choices = [(person.id, person.name) for person in people]
    if form.validate_on_submit() and form.due_on.data and form.review_on.data:
        try:
            service.propose_mitigation(
                db(),
                actor=actor(),
                challenge=found,
                declaration=declaration,
                steps=form.steps.data,
                owner_id=form.owner.data,
                due_on=form.due_on.data,
                review_on=form.review_on.data,
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("The steps are proposed. An approver decides whether they are in place.", "success")
            return redirect(url_for("interests.challenge", ref=ref), 303)
    page = render_template("interests/steps.html", form=form, challenge=found, declaration=declaration)
    return page, 422 if form.errors else 200


@bp.route("/department/challenges/<ref>/interests/steps/<int:mitigation_id>", methods=["GET", "POST"])
@requires(InterestsPermission.DECIDE)
@writes
def decide(ref: str, mitigation_id: int) -> ResponseReturnValue:
    """Decide whether steps against a conflict are in place."""
    found = _readable(ref)
    steps = queries.mitigation(db(), challenge=found, mitigation_id=mitigation_id)
    _concerned(found, steps.declaration_id)
    authorise(policy.can_decide(actor(), steps), policy.OWN_INTEREST)
    form = DecisionForm()
    # Steps that are in place can only turn out to be not enough.
    former = steps.state
    form.state.choices = [each for each in form.state.choices if each[0] is not former]
    if form.validate_on_submit():
        try:
            service.decide_mitigation(
                db(), actor=actor(), mitigation=steps, state=form.state.data, reason=form.reason.data
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("Your decision is recorded.", "success")
            return redirect(url_for("interests.challenge", ref=ref), 303)
    page = render_template(
        "interests/decide.html", form=form, challenge=found, steps=steps, declaration=steps.declaration
    )
    return page, 422 if form.errors else 200


def _readable(ref: str) -> Challenge:
    found = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_propose(actor(), found), policy.NOT_A_READER)
    return found


def _concerned(found: Challenge, declaration_id: int) -> Declaration:
    for each in service.concerned(db(), challenge=found):
        if each.id == declaration_id:
            return each
    raise NotFound


@bp.app_template_global()
def interests_missing(challenge: Challenge) -> int:
    """Return how many people were asked about interests in ``challenge`` and have said nothing."""
    return queries.missing_statements(db(), challenges=[challenge]).get(challenge.id, 0)
