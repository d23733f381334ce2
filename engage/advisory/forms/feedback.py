"""The form of feedback: five questions, five answers to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from engage.advisory.enums import Side
from engage.advisory.service import ANSWERS, QUESTIONS
from engage.http.forms import Form, RadiosField, Required


def feedback_form(side: Side, given: Sequence[int]) -> Form:
    """Return the form of one side with what was said before, if anything."""
    choices = [(number, words) for number, words in enumerate(ANSWERS, start=1)]
    fields = {
        f"answer_{number}": RadiosField(
            question, [Required("Choose an answer")], error_name=question, choices=choices, coerce=int
        )
        for number, question in enumerate(QUESTIONS[side])
    }
    form: Form = type("FeedbackForm", (Form,), fields)(
        data={f"answer_{number}": answer for number, answer in enumerate(given)}
    )
    return form


def answers_in(form: Form, side: Side) -> list[int]:
    """Return what was chosen, in the order of the questions."""
    return [form[f"answer_{number}"].data for number in range(len(QUESTIONS[side]))]
