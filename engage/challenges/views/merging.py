"""Two people wrote at once: the second sees both texts, where they began, and a proposal that holds both."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries, service
from engage.challenges.enums.questions import BY_SLUG, Question
from engage.challenges.errors import AnswerChanged
from engage.challenges.forms import answer_form
from engage.challenges.policy import ChallengePermission
from engage.challenges.views import bp
from engage.challenges.views.drafting import after, coming_from, editable, given, seen_by
from engage.http.access import actor, requires
from engage.http.session import db, writes
from engage.kernel.errors import Invalid, NotFound

if TYPE_CHECKING:
    from engage.challenges.models import AnswerEdit, Challenge
    from engage.http.forms import Form


@bp.route("/department/challenges/<ref>/merge/<question>", methods=["GET", "POST"])
@requires(ChallengePermission.DRAFT)
@writes
def merge(ref: str, question: str) -> ResponseReturnValue:
    """Show one's own words beside those that somebody else saved first, and save what is made of both."""
    found, asked = editable(ref), _question(question)
    aside = queries.aside(db(), challenge=found, question=asked, person_id=actor().person_id)
    if aside is None:
        return redirect(url_for("challenges.question", ref=ref, question=asked.slug, **coming_from()), 303)
    parts = _parts(found, asked, aside)
    number = queries.answer_number(db(), challenge=found, question=asked)
    kept = SimpleNamespace(**{part.answer.field: part.proposed for part in parts})
    form = answer_form(asked, kept=kept, seen=number)
    if form.validate_on_submit():
        try:
            return _save(found, asked, form)
        except Invalid as problem:
            form.add_errors(problem.fields)
    page = render_template(
        "challenges/merge.html",
        challenge=found,
        question=asked,
        form=form,
        parts=parts,
        last=queries.last_edit(db(), challenge=found, question=asked),
        onward=after(found, asked),
        arguments=coming_from(),
    )
    return page, 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/merge/<question>/drop")
@requires(ChallengePermission.DRAFT)
@writes
def drop_aside(ref: str, question: str) -> ResponseReturnValue:
    """Keep what somebody else saved and throw one's own words away."""
    found, asked = editable(ref), _question(question)
    service.drop_aside(db(), actor=actor(), challenge=found, question=asked)
    flash("The saved answer stays as it is. Your own words were thrown away.")
    return redirect(after(found, asked), 303)


def _question(slug: str) -> Question:
    asked = BY_SLUG.get(slug)
    if asked is None:
        raise NotFound("There is no such question.")
    return asked


def _parts(found: Challenge, asked: Question, aside: AnswerEdit) -> Sequence[service.Parting]:
    base = queries.answers_at(db(), challenge=found, question=asked, number=aside.base)
    return service.partings(
        asked, base=base, theirs=queries.current_answers(found, asked), yours=aside.answers
    )


def _save(found: Challenge, asked: Question, form: Form) -> ResponseReturnValue:
    """Save what was made of both; when somebody was faster once more, start from what they saved."""
    answers, seen = given(form), seen_by(form)
    try:
        service.merge_answers(
            db(), actor=actor(), challenge=found, answers=answers, question=asked, seen=seen
        )
    except AnswerChanged:
        service.put_aside(
            db(), actor=actor(), challenge=found, answers=answers, question=asked, seen=seen, instead=True
        )
        return redirect(url_for("challenges.merge", ref=found.ref, question=asked.slug, **coming_from()), 303)
    return redirect(after(found, asked), 303)
