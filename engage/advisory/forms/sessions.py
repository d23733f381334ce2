"""Forms with which a department schedules, changes and cancels sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from wtforms import Field

from engage.advisory.enums import SessionFormat
from engage.advisory.service import SessionDetails
from engage.http.forms import (
    DatePartsField,
    Form,
    IntegerField,
    Length,
    NumberRange,
    Optional,
    RadiosField,
    Required,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
    ValidationError,
)
from engage.kernel.uktime import from_uk, to_uk

LONGEST_TEXT = 5000
SHORTEST, LONGEST = 15, 480

FORMATS = (
    (SessionFormat.ROUNDTABLE, "Roundtable", "A conversation between several suppliers and the department"),
    (SessionFormat.BRIEFING, "Briefing", "The department presents the problem and takes questions"),
    (SessionFormat.DEMONSTRATION, "Demonstration", "Suppliers show what already exists"),
    (
        SessionFormat.ONE_TO_ONE,
        "One to one",
        "Only after an open session, with the same questions for everyone",
    ),
)


class SessionForm(Form):
    """A session: what everyone sees, and how those with a place join."""

    title = TextField("Title", [Required("Enter a title"), Length(max=150)])
    format = RadiosField(
        "What kind of session is it?",
        [Required("Choose what kind of session it is")],
        choices=FORMATS,
        coerce=SessionFormat,
    )
    starts_on = DatePartsField("Date", [Required("Enter the date")])
    starts_at = TimeField(
        "Start", [Required("Enter when it starts")], description="UK time, for example 2:30pm or 14:30"
    )
    length = IntegerField(
        "Length in minutes",
        [
            Required("Enter how long it lasts"),
            NumberRange(
                SHORTEST, LONGEST, message=f"The length must be between {SHORTEST} and {LONGEST} minutes"
            ),
        ],
        render_kw={"suffix": {"text": "minutes"}},
    )
    places = IntegerField(
        "Places",
        [
            Required("Enter how many places there are"),
            NumberRange(1, 500, message="Places must be between 1 and 500"),
        ],
        description="Each supplier can have one.",
    )
    place = TextField(
        "Where it takes place",
        [Required("Enter where it takes place"), Length(max=150)],
        description="Shown to everyone. For example, Online, or Leeds",
    )
    joining_details = TextAreaField(
        "How to join",
        [Optional(), Length(max=2000)],
        description="The link or the room. Shown only to people with a place.",
    )
    agenda = TextAreaField(
        "Agenda",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="Shown to everyone before the session. One line for each point.",
    )
    facilitator = SelectField("Who runs it", [Required("Choose who runs it")], coerce=int)

    def validate_starts_at(self, field: Field) -> None:
        """Refuse a time that UK clocks do not show on that day, or show twice."""
        if self.starts_on.data and field.data:
            try:
                from_uk(self.starts_on.data, field.data)
            except ValueError as problem:
                raise ValidationError(str(problem).rstrip(".")) from problem

    def details(self) -> SessionDetails:
        """Return what was entered; call it only when the form is valid."""
        assert self.starts_on.data
        assert self.starts_at.data
        assert self.length.data
        assert self.places.data
        starts_at = from_uk(self.starts_on.data, self.starts_at.data)
        return SessionDetails(
            title=self.title.data,
            format=self.format.data,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=self.length.data),
            places=self.places.data,
            place=self.place.data,
            joining_details=self.joining_details.data,
            agenda=self.agenda.data,
            facilitator_id=self.facilitator.data,
        )


class ReasonForm(Form):
    """A reason that people are told."""

    reason = TextAreaField("Reason", [Required("Enter the reason"), Length(max=1000)])


def session_values(details: Any) -> dict[str, Any]:
    """Return what the form shows at first for a session as it stands."""
    begin = to_uk(details.starts_at)
    return {
        "title": details.title,
        "format": details.format,
        "starts_on": begin.date(),
        "starts_at": begin.time(),
        "length": int((details.ends_at - details.starts_at).total_seconds() // 60),
        "places": details.places,
        "place": details.place,
        "joining_details": details.joining_details,
        "agenda": details.agenda,
        "facilitator": details.facilitator_id,
    }
