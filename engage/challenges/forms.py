"""Forms of challenges. The pages of the questions are made from the questions themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from wtforms import Field

from engage.challenges.enums import Decision, EngagementPurpose, Listed, Route
from engage.challenges.enums.questions import PURPOSE_WORDS, ROUTE_WORDS, Answer, Kind, Question
from engage.http.forms import (
    CharacterCountField,
    CheckboxesField,
    DatePartsField,
    FileField,
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
    TimeField,
    UkDate,
    ValidationError,
)
from engage.kernel.clock import uk_today
from engage.kernel.codes import REGIONS
from engage.kernel.uktime import from_uk

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
NUMBER = re.compile(r"[0-9]{1,9}")
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
    """The decision of an approver on the text whose hash and number the page carries."""

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
    version = HiddenField()

    def version_read(self) -> int:
        """Return the number of the version that the page showed; 0, which none has, when no page sent it."""
        number = str(self.version.data or "")
        return int(number) if NUMBER.fullmatch(number) else 0


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


class AttachmentForm(Form):
    """One file to attach."""

    file = FileField("Choose a file", [Required("Choose a file")])


class WithdrawForm(Form):
    """Withdrawing for good."""

    reason = TextAreaField(
        "Why is the challenge withdrawn?",
        [Required("Say why the challenge is withdrawn"), Length(max=1000)],
        error_name="The reason",
    )


class EndEarlyForm(Form):
    """Stopping before the closing date."""

    reason = TextAreaField(
        "Why does the engagement end early?",
        [Required("Say why the engagement ends early"), Length(max=1000)],
        description="Everybody who was told of the challenge is told your reason. It also stands on its page.",
        error_name="The reason",
    )


class ScheduleForm(Form):
    """When an approved text is published by itself, in UK time."""

    day = DatePartsField("Day", [Required("Enter the day")], description="For example, 30 9 2027.")
    clock = TimeField(
        "Time", [Required("Enter the time")], description="UK time, for example 9:30am or 14:30"
    )

    def validate_clock(self, field: Field) -> None:
        """Refuse a time that UK clocks do not show on that day, or show twice."""
        if self.day.data and field.data:
            try:
                from_uk(self.day.data, field.data)
            except ValueError as problem:
                raise ValidationError(str(problem)) from problem

    def moment(self) -> datetime:
        """Return the moment that was entered; call it only when the form is valid."""
        assert self.day.data
        assert self.clock.data
        return from_uk(self.day.data, self.clock.data)


MATERIAL = (
    (
        "yes",
        "Yes, it can alter who takes part, or what they would say",
        "Everybody who was told the old text gets an email with the difference; accepted invitations are asked anew.",
    ),
    (
        "no",
        "No, it only corrects or clarifies",
        "Nobody is written to. The difference stands in the public history.",
    ),
)


class RevisionForm(Form):
    """Sending a change of the published text to the approvers."""

    material = RadiosField(
        "Is the change material?", [Required("Choose whether the change is material")], choices=MATERIAL
    )
    reason = TextAreaField(
        "What changes, and why?",
        [Required("Say what changes and why"), Length(max=1000)],
        description="Everybody reads this beside the new text.",
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


class RouteForm(Form):
    """Another legal route for an approved challenge; purposes count for preliminary market engagement only."""

    purposes = CheckboxesField("What is the engagement for?", choices=PURPOSES, coerce=EngagementPurpose)
    reason = TextAreaField(
        "Why does the route change?",
        [Required("Say why the route changes"), Length(max=2000)],
        description="Everyone reads this once the challenge is public.",
        error_name="The reason",
    )


class RouteDecisionForm(Form):
    """What another person decides on a change of route."""

    decision = RadiosField(
        "What is your decision?",
        [Required("Choose your decision")],
        choices=[
            (Decision.APPROVED, "Make this change", "It takes effect at once."),
            (Decision.CHANGES_REQUESTED, "Keep the route as it is", "Who proposed it reads your reason."),
        ],
        coerce=Decision,
    )
    answer = TextAreaField(
        "Why does the route stay as it is?",
        [Length(max=2000)],
        description="Needed when you keep the route.",
        error_name="The reason",
    )


class StepForm(Form):
    """A step taken so that nobody has an unfair advantage."""

    text = TextAreaField(
        "What was done?",
        [Required("Say what was done"), Length(max=500)],
        error_name="The step",
        description="Everyone reads it. Name no supplier.",
    )
    taken_on = DatePartsField(
        "On which day?",
        [Required("Enter the day"), UkDate(latest=uk_today)],
        error_name="The day",
        description="For example, 27 3 2026 or 27 March 2026",
    )


class JustifyForm(Form):
    """Why a difference between suppliers was justified."""

    facts = CheckboxesField("What are the reasons for?", [Required("Choose what the reasons are for")])
    difference = TextAreaField(
        "Which difference between suppliers justified it?",
        [Required("Say which difference between suppliers justified it"), Length(max=3000)],
        error_name="The difference",
        description="Everyone reads this on the record of the challenge. Name no supplier and no person.",
    )
    steps = TextAreaField(
        "What was done so that it put nobody at an unfair advantage or disadvantage?",
        [
            Required("Say what was done so that nobody was at an unfair advantage or disadvantage"),
            Length(max=3000),
        ],
        error_name="What was done",
        description="The law asks for all reasonable steps.",
    )
