"""Forms of one-to-one talks: the terms for everybody, and the times."""

from __future__ import annotations

from datetime import time, timedelta

from wtforms import Field

from engage.advisory.forms.sessions import SessionDay
from engage.advisory.service import TalkTimes
from engage.advisory.service.talks import LONGEST, MOST_AT_ONCE, SHORTEST
from engage.http.forms import (
    DatePartsField,
    Form,
    IntegerField,
    Length,
    NumberRange,
    Optional,
    Required,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
    ValidationError,
)
from engage.kernel.uktime import from_uk

LAST_MINUTE = time(23, 59)


class TermsForm(Form):
    """On what terms one-to-one talks are offered to everyone."""

    minutes = IntegerField(
        "How long is each talk?",
        [
            Required("Enter how long each talk is"),
            NumberRange(
                SHORTEST, LONGEST, message=f"The length must be between {SHORTEST} and {LONGEST} minutes"
            ),
        ],
        error_name="The length",
        description="In minutes, the same for every supplier.",
    )
    questions = TextAreaField(
        "What is every supplier asked?",
        [Required("Enter the questions: every supplier is asked the same"), Length(max=3000)],
        description="One line for each question. Everybody can read them.",
    )
    ask_until = DatePartsField(
        "Until which day can suppliers ask for a talk?",
        [Required("Enter the last day for asking"), SessionDay()],
        error_name="The last day for asking",
        description="After that everybody who asked is offered a talk at the same time.",
    )


class TimesForm(Form):
    """Talks one after another on one day."""

    on = DatePartsField("Date", [Required("Enter the date"), SessionDay()], error_name="The date")
    first_at = TimeField(
        "First talk",
        [Required("Enter when the first talk starts")],
        description="UK time, for example 9:30am",
    )
    number = IntegerField(
        "How many talks?",
        [
            Required("Enter how many talks"),
            NumberRange(1, MOST_AT_ONCE, message=f"The number of talks must be between 1 and {MOST_AT_ONCE}"),
        ],
        error_name="The number of talks",
        description="One after another, each for one supplier.",
    )
    pause = IntegerField(
        "Minutes between two talks",
        [Optional(), NumberRange(0, 120, message="The pause must be between 0 and 120 minutes")],
        error_name="The pause",
    )
    place = TextField(
        "Where they take place",
        [Required("Enter where they take place"), Length(max=150)],
        description="Shown to everyone. For example, Online, or Leeds",
    )
    joining_details = TextAreaField(
        "How to join",
        [Optional(), Length(max=2000)],
        description="The link or the room. Shown only to people with a place.",
    )
    facilitator = SelectField("Who runs them", [Required("Choose who runs them")], coerce=int)

    def validate_first_at(self, field: Field) -> None:
        """Refuse a time that UK clocks do not show on that day, or show twice."""
        if self.on.data and not self.on.errors and field.data:
            try:
                from_uk(self.on.data, field.data)
            except ValueError as problem:
                raise ValidationError(str(problem).rstrip(".")) from problem

    def times(self) -> TalkTimes:
        """Return what was entered; call it only when the form is valid."""
        assert self.on.data
        assert self.first_at.data
        return TalkTimes(
            first_at=from_uk(self.on.data, self.first_at.data),
            number=self.number.data or 0,
            pause=timedelta(minutes=self.pause.data or 0),
            place=self.place.data,
            joining_details=self.joining_details.data,
            facilitator_id=self.facilitator.data,
        )
