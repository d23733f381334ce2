"""Forms of questions and answers."""

from __future__ import annotations

from engage.http.forms import (
    CharacterCountField,
    CheckboxField,
    Form,
    Length,
    MaxWords,
    Required,
    TextAreaField,
)

QUESTION_WORDS = 150


class AskForm(Form):
    """A question about a challenge."""

    text = CharacterCountField(
        "What do you want to know?",
        [Required("Enter your question"), MaxWords(QUESTION_WORDS)],
        error_name="Your question",
        description="Leave out your name, your customers and anything confidential.",
    )


class AnswerForm(Form):
    """The question as everyone will read it, and the answer."""

    published_text = TextAreaField(
        "The question as everyone will read it",
        [Required("Enter the question as everyone will read it"), Length(max=3000)],
        description="Take out whatever could tell who asked. Change nothing of what is asked.",
    )
    answer = TextAreaField(
        "The answer",
        [Required("Enter the answer"), Length(max=20_000)],
        description="Markdown works: - for a list, [words](https://…) for a link.",
    )
    names_checked = CheckboxField("I have checked: the marked words do not tell who asked")


class RejectForm(Form):
    """Why a question is not answered."""

    reason = TextAreaField(
        "Why is it not answered?",
        [Required("Enter the reason"), Length(max=1000)],
        description="Only who asked is told.",
    )
