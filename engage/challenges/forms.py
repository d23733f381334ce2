"""Forms of challenges. The pages of the questions are made from the questions themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wtforms import Field

from engage.challenges.enums import Decision, EngagementPurpose, Listed, Route
from engage.challenges.enums.questions import PURPOSE_WORDS, ROUTE_WORDS, Answer, Kind, Question
from engage.http.forms import (
    CharacterCountField,
    CheckboxesField,
    DatePartsField,
    Form,
    HiddenField,
    Length,
    LinesField,
    MaxWords,
    Optional,
    QueryForm,
    RadiosField,
    Required,
    SearchField,
    SelectField,
    TextAreaField,
    TextField,
    UkDate,
)
from engage.kernel.codes import REGIONS

ROUTES = (
    (
        Route.POLICY_EXPLORATION,
        ROUTE_WORDS[Route.POLICY_EXPLORATION],
        "No: we want to understand a problem. No procurement is planned.",
    ),
    (
        Route.PRELIMINARY_MARKET_ENGAGEMENT,
        ROUTE_WORDS[Route.PRELIMINARY_MARKET_ENGAGEMENT],
        "Yes: we prepare a public contract. The challenge stays hidden until a notice is on Find a Tender.",
    ),
)
PURPOSES = [(purpose, PURPOSE_WORDS[purpose]) for purpose in EngagementPurpose]
ANYWHERE = ("", "Anywhere in the United Kingdom")


def _text(answer: Answer, common: dict[str, Any]) -> Field:
    limit = MaxWords(answer.words)
    return CharacterCountField(validators=[*_optional(answer), limit], **common)


def _line(answer: Answer, common: dict[str, Any]) -> Field:
    limit = MaxWords(answer.words)
    hint = f"{common['description']} Use {answer.words} words or fewer."
    return TextField(validators=[*_optional(answer), limit], **{**common, "description": hint})


def _codes(answer: Answer, common: dict[str, Any]) -> Field:
    return LinesField(validators=_optional(answer), **common)


def _region(answer: Answer, common: dict[str, Any]) -> Field:
    return SelectField(validators=_optional(answer), choices=[ANYWHERE, *REGIONS.items()], **common)


def _date(_answer: Answer, common: dict[str, Any]) -> Field:
    return DatePartsField(validators=[UkDate(future=True)], **common)


def _route(_answer: Answer, common: dict[str, Any]) -> Field:
    return RadiosField(choices=ROUTES, coerce=Route, **common)


def _purposes(_answer: Answer, common: dict[str, Any]) -> Field:
    return CheckboxesField(choices=PURPOSES, coerce=EngagementPurpose, **common)


_FIELDS: dict[Kind, Callable[[Answer, dict[str, Any]], Field]] = {
    Kind.TEXT: _text,
    Kind.LINE: _line,
    Kind.SENTENCE: _text,
    Kind.CODES: _codes,
    Kind.REGION: _region,
    Kind.DATE: _date,
    Kind.ROUTE: _route,
    Kind.PURPOSES: _purposes,
}


def _optional(answer: Answer) -> list[Optional]:
    return [] if answer.required else [Optional()]


def answer_form(question: Question, *, kept: Any = None, seen: int = 0) -> Form:
    """Return the form of one page; ``kept`` has the answers as attributes, ``seen`` is the number of their
    state.

    Nothing is required here: an empty answer is a question skipped, and comes back before submission.
    """
    fields: dict[str, Any] = {"seen": HiddenField()}
    for answer in question.answers:
        own = answer.label or question.label
        hint = answer.hint if answer.label else question.hint
        common = {"label": own, "description": hint, "error_name": answer.name}
        fields[answer.field] = _FIELDS[answer.kind](answer, common)
    made = type("AnswerForm", (Form,), fields)
    shown = {answer.field: getattr(kept, answer.field) for answer in question.answers} if kept else {}
    form: Form = made(data={**shown, "seen": str(seen)})
    return form


class ReviewForm(Form):
    """The decision of an approver on the text whose hash the page carries."""

    decision = RadiosField(
        "What is your decision?",
        [Required("Choose your decision")],
        choices=[
            (Decision.APPROVED, "Approve this text", "It can then be published exactly as it stands."),
            (
                Decision.CHANGES_REQUESTED,
                "Ask for changes",
                "The text goes back to its author with your reasons.",
            ),
        ],
        coerce=Decision,
    )
    reasons = TextAreaField(
        "Reasons",
        [Length(max=5000)],
        description="Needed when you ask for changes. Say what should change, and why.",
    )
    content_hash = HiddenField()


class SendBackForm(Form):
    """Taking an approval back before publication."""

    reasons = TextAreaField(
        "Why does the text go back?",
        [Required("Say what should change, and why"), Length(max=5000)],
        description="The author reads your reasons. After the changes the text has to be approved again.",
        error_name="The reasons",
    )


class NoticeForm(Form):
    """What Find a Tender gave out for the notice."""

    notice_number = TextField(
        "Notice number",
        [Required("Enter the notice number")],
        description="6 digits, a hyphen and the year, for example 012345-2026",
    )
    ocid = TextField(
        "Procurement identifier (OCID)",
        [Required("Enter the procurement identifier")],
        description="It begins with ocds-h6vhtk-, for example ocds-h6vhtk-0a1b2c",
    )


class WithdrawForm(Form):
    """Withdrawing for good."""

    reason = TextAreaField(
        "Why is the challenge withdrawn?",
        [Required("Say why the challenge is withdrawn"), Length(max=1000)],
        error_name="The reason",
    )


LISTED = (
    (Listed.OPEN, "Open"),
    (Listed.FINDINGS_DUE, "Findings due"),
    (Listed.CLOSED, "Closed"),
    (Listed.ALL, "All"),
)


class FilterForm(QueryForm):
    """Search and filters of the public list; what makes no sense counts as not given."""

    q = SearchField("Search", [Optional(), Length(max=200)])
    department = SelectField("Department", [Optional()], coerce=int)
    state = SelectField("Show", choices=LISTED, coerce=Listed, default=Listed.OPEN)

    def __init__(self, departments: Sequence[tuple[int, str]]) -> None:
        super().__init__()
        self.department.choices = [("", "All departments"), *departments]

    def read(self) -> tuple[str, int | None, Listed]:
        """Return words, department and state as asked for in the address, without what is wrong there."""
        self.validate()
        if self.q.errors:
            self.q.data = self.q.data[:200]
        if self.department.errors or not self.department.data:
            self.department.data = None
        if self.state.errors or not self.state.data:
            self.state.data = Listed.OPEN
        for field in (self.q, self.department, self.state):
            field.errors, field.process_errors = [], []
        return self.q.data, self.department.data, self.state.data
