"""Writing a challenge: a title, one question a page, check your answers, submit."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries, service
from engage.challenges.enums.questions import (
    ANSWERS,
    BY_SLUG,
    QUESTIONS,
    TITLE,
    Question,
    neighbour,
    revived,
)
from engage.challenges.errors import AnswerChanged
from engage.challenges.forms import answer_form
from engage.challenges.policy import ChallengePermission, can_edit, can_submit
from engage.challenges.views import bp
from engage.challenges.views.acting import act
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from engage.challenges.models import Challenge
    from engage.http.forms import Form

SEEN = re.compile(r"[0-9]{1,9}")


@bp.route("/department/challenges/new", methods=["GET", "POST"])
@requires(ChallengePermission.DRAFT)
@writes
def new() -> ResponseReturnValue:
    """Ask for the title; then the draft exists, and every answer is saved as it is given."""
    form = answer_form(TITLE)
    if form.validate_on_submit():
        try:
            made = service.create_draft(db(), actor=actor(), title=form.data["title"])
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            return redirect(_page(made.ref, QUESTIONS[1]), 303)
    own = actor().organisation_id
    page = render_template(
        "challenges/new.html",
        form=form,
        question=TITLE,
        earlier=queries.earlier(db(), organisation_id=own) if own else [],
    )
    return page, 422 if form.errors else 200


@bp.route("/department/challenges/<ref>/edit/<question>", methods=["GET", "POST"])
@requires(ChallengePermission.DRAFT)
@writes
def question(ref: str, question: str) -> ResponseReturnValue:
    """Ask one question and keep the answer."""
    found, asked = editable(ref), BY_SLUG.get(question)
    if asked is None:
        raise NotFound("There is no such question.")
    if service.fixed(db(), challenge=found).issuperset(answer.field for answer in asked.answers):
        raise Conflict(service.why_fixed(found))
    form = answer_form(asked, kept=_kept(found, asked), seen=_number(found, asked))
    if form.validate_on_submit():
        try:
            _save(found, asked, form)
        except Invalid as problem:
            form.add_errors(problem.fields)
        except AnswerChanged:
            _put_aside(found, asked, form)
            return redirect(url_for("challenges.merge", ref=ref, question=asked.slug, **coming_from()), 303)
        else:
            _mention_advice(found, asked)
            return redirect(after(found, asked), 303)
    return _show(found, asked, form), 422 if form.errors else 200


@bp.get("/department/challenges/<ref>/check")
@requires(ChallengePermission.DRAFT)
def check(ref: str) -> ResponseReturnValue:
    """Show all answers, what is missing first, and the way to the approvers."""
    found = editable(ref)
    if found.open_revision:
        return redirect(url_for("challenges.revision", ref=ref))
    places = {answer.field: asked for asked in QUESTIONS for answer in asked.answers}
    return render_template(
        "challenges/check.html",
        challenge=found,
        problems=[(places[name], message) for name, message in service.unfit(found).items()],
        fixed=service.fixed(db(), challenge=found),
        why_fixed=service.why_fixed(found),
        unready=service.unready(db(), found),
        approvers=queries.approvers(db(), challenge=found),
        advice=service.advise(found.content),
        asides=queries.all_aside(db(), challenge=found),
        questions=BY_SLUG,
        may_submit=can_submit(actor(), found),
        review=next(iter(queries.reviews(db(), challenge_id=found.id)), None),
    )


@bp.post("/department/challenges/<ref>/submit")
@requires(ChallengePermission.DRAFT)
@writes
def submit(ref: str) -> ResponseReturnValue:
    """Send the text to the approvers, or show what is missing."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    try:
        return act(
            ref,
            lambda: service.submit(db(), actor=actor(), challenge=found),
            "Sent for approval. The approvers of your department have been told by email.",
        )
    except Invalid:
        flash("Some answers are still missing. They are listed below.")
        return redirect(url_for("challenges.check", ref=ref), 303)


def editable(ref: str) -> Challenge:
    """Return the challenge for who may write in it, while it is being written."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    authorise(can_edit(actor(), found), "Only policy authors of the department can change this text.")
    if not found.takes_answers:
        raise Conflict("This text was submitted and cannot be changed. Its page says who has to act next.")
    return found


def _kept(found: Challenge, asked: Question) -> SimpleNamespace:
    """Return the saved answers to a question as attributes, the way their columns hold them."""
    now = queries.current_answers(found, asked)
    return SimpleNamespace(**{answer.field: revived(answer, now[answer.field]) for answer in asked.answers})


def _number(found: Challenge, asked: Question) -> int:
    return queries.answer_number(db(), challenge=found, question=asked)


def _save(found: Challenge, asked: Question, form: Form) -> None:
    service.save_answers(
        db(), actor=actor(), challenge=found, answers=given(form), question=asked, seen=seen_by(form)
    )


def _put_aside(found: Challenge, asked: Question, form: Form) -> None:
    service.put_aside(
        db(), actor=actor(), challenge=found, answers=given(form), question=asked, seen=seen_by(form)
    )


def given(form: Form) -> dict[str, Any]:
    """Return the answers that a form holds, by column."""
    return {name: value for name, value in form.data.items() if name in ANSWERS}


def seen_by(form: Form) -> int:
    """Return the number of the state that the page showed; what no page ever sent counts as the oldest."""
    number = str(form.data["seen"] or "")
    return int(number) if SEEN.fullmatch(number) else 0


def _show(found: Challenge, asked: Question, form: Form) -> str:
    before = neighbour(asked, step=-1)
    checking = bool(coming_from()) or found.open_revision is not None
    back = url_for("challenges.check", ref=found.ref) if checking or not before else _page(found.ref, before)
    return render_template(
        "challenges/question.html",
        challenge=found,
        question=asked,
        form=form,
        advice=_advice(found, asked),
        aside=queries.aside(db(), challenge=found, question=asked, person_id=actor().person_id),
        number=QUESTIONS.index(asked),
        total=len(QUESTIONS) - 1,
        back=back,
        onward=after(found, asked),
        checking=checking,
    )


def _advice(found: Challenge, asked: Question) -> list[service.Advice]:
    return [each for each in service.advise(found.writing.content) if each.answer in asked.answers]


def _mention_advice(found: Challenge, asked: Question) -> None:
    """Say once, on the next page, that some words are worth a second look."""
    words = [f"“{word}”" for each in _advice(found, asked) for word in each.words]
    if words:
        flash(f"Saved. You may want to look again at {asked.answers[0].name}: {', '.join(words[:3])}.")


def _page(ref: str, asked: Question) -> str:
    return url_for("challenges.question", ref=ref, question=asked.slug)


def coming_from() -> dict[str, Any]:
    """Return what an address says about where the person came from, to be handed on."""
    return {"from": "check"} if request.args.get("from") == "check" else {}


def after(found: Challenge, asked: Question) -> str:
    """Return the page after a question: the next one, or all answers for who came from there.

    Who changes a published text picks the questions one by one, and always comes back to what differs.
    """
    following = neighbour(asked, step=1)
    if found.open_revision:
        return url_for("challenges.revision", ref=found.ref)
    if coming_from():
        return url_for("challenges.check", ref=found.ref)
    if following is None:
        return url_for("challenges.attachments", ref=found.ref)
    return _page(found.ref, following)
