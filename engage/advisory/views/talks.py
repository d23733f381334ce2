"""One-to-one talks: the department's terms, times and offers; the supplier's wish for one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.forms import TermsForm, TimesForm
from engage.advisory.forms.talks import LAST_MINUTE
from engage.advisory.policy import AdvisoryPermission, can_run, can_volunteer
from engage.advisory.service import one_to_one
from engage.advisory.views import bp
from engage.advisory.views.running import challenge_to_run, runner_choices
from engage.challenges import queries as challenges
from engage.http import limits
from engage.http.access import actor, requires, signed_in
from engage.http.filters import plural
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.uktime import from_uk, to_uk


@bp.get("/department/challenges/<ref>/talks")
@requires(AdvisoryPermission.SEE)
def talks(ref: str) -> ResponseReturnValue:
    """Show on what terms one-to-one talks are offered, who asked, and which talks are scheduled."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    return render_template(
        "advisory/talks.html",
        challenge=challenge,
        terms=one_to_one.terms_of(db(), challenge_id=challenge.id),
        held=one_to_one.open_session_held(db(), challenge_id=challenge.id),
        not_yet=one_to_one.NOT_YET,
        begun=queries.talks_begun(db(), challenge_id=challenge.id),
        asks=queries.asks_of_challenge(db(), challenge_id=challenge.id),
        free=queries.free_talks(db(), challenge_id=challenge.id),
        scheduled=queries.count_talks(db(), challenge_id=challenge.id),
        can_run=can_run(actor(), challenge),
        now=clock.now(),
    )


@bp.route("/department/challenges/<ref>/talks/terms", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def talk_terms(ref: str) -> ResponseReturnValue:
    """Say on what terms one-to-one talks are offered to everyone."""
    challenge = challenge_to_run(ref)
    terms = one_to_one.terms_of(db(), challenge_id=challenge.id)
    shown: dict[str, object] = {"minutes": 30}
    if terms is not None:
        shown = {"minutes": terms.minutes, "questions": terms.questions}
        shown["ask_until"] = to_uk(terms.ask_until).date()
    form = TermsForm(data=shown)
    if form.validate_on_submit():
        assert form.ask_until.data
        try:
            with db().begin_nested():
                service.set_terms(
                    db(),
                    actor=actor(),
                    challenge=challenge,
                    minutes=form.minutes.data or 0,
                    questions=form.questions.data,
                    ask_until=from_uk(form.ask_until.data, LAST_MINUTE),
                )
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        except Conflict as refusal:
            form.add_errors({"": refusal.message})
        else:
            flash("The talks are offered to everyone on these terms.", "success")
            return redirect(url_for("advisory.talks", ref=ref), 303)
    page = render_template("advisory/talk_terms.html", form=form, challenge=challenge)
    return page, 422 if form.errors else 200


@bp.route("/department/challenges/<ref>/talks/times", methods=["GET", "POST"])
@requires(AdvisoryPermission.RUN)
@writes
def talk_times(ref: str) -> ResponseReturnValue:
    """Schedule talks one after another, all on the announced terms."""
    challenge = challenge_to_run(ref)
    terms = one_to_one.terms_of(db(), challenge_id=challenge.id)
    form = TimesForm(data={"facilitator": actor().person_id, "pause": 10})
    form.facilitator.choices = runner_choices(challenge)
    if form.validate_on_submit():
        try:
            with db().begin_nested():
                made = service.schedule_talks(db(), actor=actor(), challenge=challenge, times=form.times())
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        except Conflict as refusal:
            form.add_errors({"": refusal.message})
        else:
            flash(f"{plural(len(made), 'talk')} scheduled.", "success")
            return redirect(url_for("advisory.talks", ref=ref), 303)
    page = render_template("advisory/talk_times.html", form=form, challenge=challenge, terms=terms)
    return page, 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/talks/offer")
@requires(AdvisoryPermission.RUN)
@writes
def offer_talks(ref: str) -> ResponseReturnValue:
    """Offer a talk to everyone who asked, at the same time."""
    challenge = challenge_to_run(ref)
    try:
        with db().begin_nested():
            offered = service.offer_talks(db(), actor=actor(), challenge=challenge)
    except Conflict as refusal:
        flash(refusal.message)
    else:
        flash(f"{plural(len(offered), 'supplier is', 'suppliers are')} offered a talk.", "success")
    return redirect(url_for("advisory.talks", ref=ref), 303)


@bp.route("/challenges/<ref>/talk", methods=["GET", "POST"])
@signed_in
@limits.limited("20 per hour", by=limits.person_key)
@writes
def talk(ref: str) -> ResponseReturnValue:
    """Ask for a one-to-one talk, or see what became of it; others are told who can."""
    challenge = challenges.public_challenge(db(), ref=ref)
    terms = queries.public_talks(db(), challenge_id=challenge.id)
    if terms is None:
        raise NotFound
    if not can_volunteer(actor()):
        return render_template("advisory/volunteer_who.html", challenge=challenge, me=actor()), 403
    supplier = queries.own_supplier(db(), actor=actor())
    refused = ""
    if request.method == "POST":
        try:
            with db().begin_nested():
                service.ask(db(), actor=actor(), challenge=challenge, supplier=supplier)
        except Conflict as refusal:
            refused = refusal.message
        else:
            flash("You asked for a one-to-one talk.", "success")
            return redirect(url_for("advisory.talk", ref=ref), 303)
    page = render_template(
        "advisory/talk.html",
        challenge=challenge,
        terms=terms,
        asked=queries.ask_of(db(), challenge_id=challenge.id, supplier_id=supplier.id),
        talk=queries.talk_of(db(), challenge_id=challenge.id, supplier_id=supplier.id),
        now=clock.now(),
        refused=refused,
    )
    return page, 409 if refused else 200


@bp.post("/challenges/<ref>/talk/withdraw")
@requires(AdvisoryPermission.TAKE_PART)
@writes
def withdraw_talk(ref: str) -> ResponseReturnValue:
    """Take one's wish for a talk back."""
    challenge = challenges.public_challenge(db(), ref=ref)
    supplier = queries.own_supplier(db(), actor=actor())
    asked = queries.ask_of(db(), challenge_id=challenge.id, supplier_id=supplier.id)
    if asked is None:
        raise NotFound
    service.take_back(db(), actor=actor(), asked=asked)
    flash("You no longer ask for a talk.", "success")
    return redirect(url_for("advisory.talk", ref=ref), 303)
