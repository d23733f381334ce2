"""Forms of questions and answers, and of what was told elsewhere."""

from __future__ import annotations

from datetime import date, datetime

from wtforms import Field

from engage.consultation.service import Said
from engage.http.forms import (
    CharacterCountField,
    CheckboxField,
    DatePartsField,
    Form,
    Length,
    MaxWords,
    RadiosField,
    Required,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
    UkDate,
    ValidationError,
)
from engage.kernel.clock import uk_today
from engage.kernel.uktime import from_uk
from engage.ledger.enums import Channel

QUESTION_WORDS = 150
TOLD_WORDS = 2000
LONGEST_TITLE = 150
CHANNELS = (
    (Channel.PHONE, "By phone"),
    (Channel.EMAIL, "By email, outside engage"),
    (Channel.MEETING, "In a meeting"),
    (Channel.ONE_TO_ONE, "In a one-to-one session"),
    (Channel.EVENT, "At an event"),
    (Channel.DOCUMENT, "In a document or other material"),
)
HERE, ELSEWHERE = "supplier", "other"


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


class ToldToForm(Form):
    """Who was told something, how, when and by whom."""

    organisation = TextField(
        "Who was told?",
        [Required("Enter who was told"), Length(max=200)],
        description="The name of the organisation, not of a person.",
    )
    on_engage = RadiosField(
        "Is it a supplier on engage?",
        [Required("Choose whether it is a supplier on engage")],
        error_name="Whether it is on engage",
        choices=((HERE, "Yes"), (ELSEWHERE, "No, or I do not know")),
    )
    channel = RadiosField(
        "How was it told?", [Required("Choose how it was told")], choices=CHANNELS, coerce=Channel
    )
    told_on = DatePartsField(
        "On which day?",
        [Required("Enter the day"), UkDate(earliest=date(2020, 1, 1), latest=uk_today)],
        error_name="The day",
        description="For example, 27 3 2026 or 27 March 2026",
    )
    told_at = TimeField(
        "At what time?",
        [Required("Enter the time")],
        description="UK time, for example 2:30pm or 14:30",
        error_name="The time",
    )
    told_by = SelectField("Who told them?", [Required("Choose who told them")], coerce=int)

    def validate_told_at(self, field: Field) -> None:
        """Refuse a time that UK clocks do not show on that day, or show twice."""
        if self.told_on.data and field.data:
            try:
                from_uk(self.told_on.data, field.data)
            except ValueError as problem:
                raise ValidationError(str(problem).rstrip(".")) from problem

    def said(self) -> Said:
        """Return what was entered; call it only when the form is valid."""
        assert self.told_on.data
        assert self.told_at.data
        moment: datetime = from_uk(self.told_on.data, self.told_at.data)
        return Said(
            organisation=self.organisation.data,
            on_engage=self.on_engage.data == HERE,
            channel=self.channel.data,
            told_at=moment,
            told_by_id=self.told_by.data,
        )


class ToldForm(ToldToForm):
    """Something that was told to one organisation elsewhere."""

    title = TextField(
        "What is it about, in one line?",
        [Required("Enter what it is about"), Length(max=LONGEST_TITLE)],
        error_name="The line",
        description="Everyone reads this line in the end. Name no organisation and no person.",
    )
    text = CharacterCountField(
        "What was said?",
        [Required("Enter what was said"), MaxWords(TOLD_WORDS)],
        error_name="What was said",
        description="As exactly as you can. Only your department and auditors read it until you release it.",
    )


class ReleaseForm(Form):
    """What everyone will read."""

    wording = TextAreaField(
        "What everyone will read",
        [Required("Enter what everyone will read"), Length(max=20_000)],
        description="The exact text. Take out only what names an organisation or a person.",
    )
    names_checked = CheckboxField("I have checked: the marked words do not tell who was told")
