"""A department's questions: the list, answering to everyone, turning away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import policy as challenge_policy
from engage.challenges import queries as challenges
from engage.consultation import queries, service
from engage.consultation.forms import AnswerForm, RejectForm
from engage.consultation.policy import ConsultationPermission, can_answer
from engage.consultation.views import bp
from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel.clock import uk_today
from engage.kernel.errors import Invalid, NotFound
from engage.kernel.uktime import to_uk
from engage.kernel.workdays import workdays_between

if TYPE_CHECKING:
    from datetime import datetime

    from engage.consultation.models import Question

ONLY_ANSWERERS = "Only a policy author or facilitator of this challenge’s department can answer."


@bp.get("/department/challenges/<ref>/questions")
@requires(ConsultationPermission.SEE)
def department_questions(ref: str) -> ResponseReturnValue:
    """List the questions about a challenge: those that wait first, with their age."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    return render_template(
        "consultation/department_questions.html",
        challenge=challenge,
        questions=queries.of_challenge(db(), challenge_id=challenge.id),
        age=_age,
        can_answer=can_answer(actor(), challenge),
    )


@bp.route("/department/questions/<int:question_id>", methods=["GET", "POST"])
@requires(ConsultationPermission.ANSWER)
@writes
def answer(question_id: int) -> ResponseReturnValue:
    """Answer a question to everyone at once."""
    question = _question(question_id)
    form = AnswerForm(
        data={"published_text": question.published_text or question.text, "answer": question.answer}
    )
    if form.validate_on_submit():
        try:
            service.release(
                db(),
                actor=actor(),
                question=question,
                published_text=form.published_text.data,
                answer=form.answer.data,
                names_checked=form.names_checked.data,
            )
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("The answer is published to everyone.", "success")
            return _to_list(question)
    traces = service.traces_in(question, f"{form.published_text.data}\n{form.answer.data}")
    page = render_template(
        "consultation/answer.html", form=form, question=question, traces=traces, age=_age(question.asked_at)
    )
    return page, 422 if form.errors else 200


@bp.route("/department/questions/<int:question_id>/reject", methods=["GET", "POST"])
@requires(ConsultationPermission.ANSWER)
@writes
def reject(question_id: int) -> ResponseReturnValue:
    """Turn a question away with a reason that only the asker is told."""
    question = _question(question_id)
    form = RejectForm()
    if form.validate_on_submit():
        service.reject(db(), actor=actor(), question=question, reason=form.reason.data)
        flash("Who asked is told the reason.", "success")
        return _to_list(question)
    page = render_template("consultation/reject.html", form=form, question=question)
    return page, 422 if form.errors else 200


def _question(question_id: int) -> Question:
    question = queries.question_by_id(db(), question_id=question_id)
    if not challenge_policy.can_see(actor(), question.challenge):
        raise NotFound
    authorise(can_answer(actor(), question.challenge), ONLY_ANSWERERS)
    return question


def _to_list(question: Question) -> ResponseReturnValue:
    return redirect(url_for("consultation.department_questions", ref=question.challenge.ref), 303)


def _age(asked_at: datetime) -> int:
    return workdays_between(to_uk(asked_at).date(), uk_today())
