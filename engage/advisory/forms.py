"""Forms of sessions, places, attendance, minutes and offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from wtforms import Field

from engage.advisory.enums import SessionFormat
from engage.advisory.service import SessionDetails
from engage.http.forms import (
    CharacterCountField,
    CheckboxField,
    DatePartsField,
    Form,
    HiddenField,
    IntegerField,
    Length,
    MaxWords,
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
from engage.interests.service import ATTESTED
from engage.kernel.uktime import from_uk, to_uk

PITCH_WORDS = 150
LONGEST_TEXT = 5000
SHORTEST, LONGEST = 15, 480
LONGEST_NUMBER = 9

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


class MinutesForm(Form):
    """The minutes of a session, saved or published."""

    minutes = TextAreaField(
        "Minutes",
        [Required("Enter the minutes"), Length(max=50_000)],
        description="What was asked, what was said, what the department will do. No names of people, nothing "
        "confidential. Markdown works: # for a heading, - for a list.",
    )


def attendance_form(people: Mapping[int, str]) -> Form:
    """Return a form that asks of each seat (id to the name shown) whether its person came."""
    fields = {f"seat_{seat_id}": _came(name) for seat_id, name in people.items()}
    form: Form = type("AttendanceForm", (Form,), fields)()
    return form


def came(form: Form, seat_ids: Iterable[int]) -> dict[int, bool]:
    """Return what was chosen for each of ``seat_ids``."""
    return {seat_id: form[f"seat_{seat_id}"].data == "yes" for seat_id in seat_ids}


def _came(name: str) -> RadiosField:
    return RadiosField(
        name, [Required(f"Choose whether {name} came")], choices=[("yes", "Came"), ("no", "Did not come")]
    )


class AcceptForm(Form):
    """Which session to take a place in, and who attends."""

    meeting = RadiosField("Which session will you come to?", [Required("Choose a session")])
    attendee = SelectField("Who will attend?", [Required("Choose who will attend")], coerce=int)
    attested = CheckboxField(
        ATTESTED, [Required("Confirm this, or declare the interest first")], error_name="The confirmation"
    )


class AttendeeForm(Form):
    """Who attends instead."""

    attendee = SelectField("Who will attend?", [Required("Choose who will attend")], coerce=int)


class DeclineForm(Form):
    """Why not; nobody has to say."""

    reason = TextAreaField(
        "Why not?",
        [Optional(), Length(max=1000)],
        description="The department reads it. You do not have to give a reason.",
    )


class KeepForm(Form):
    """Keeping a place although the text changed; the page says which text was read."""

    version = HiddenField()

    def read(self) -> int:
        """Return the number of the version that the page showed; what no page ever sent counts as the oldest."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER else 0


class VolunteerForm(Form):
    """A short pitch."""

    pitch = CharacterCountField(
        "What can you contribute?",
        [Required("Say what you can contribute"), MaxWords(PITCH_WORDS)],
        error_name="Your offer",
        description="What you know about this problem and where you learnt it. This is not a sales pitch: the "
        "department wants to understand the problem.",
    )


class OfferForm(Form):
    """Invite who volunteered, or decline with a reason."""

    decision = RadiosField(
        "Do you want to invite them?",
        [Required("Choose whether to invite them")],
        choices=[
            ("invite", "Yes, invite them", "They get an invitation like every other supplier"),
            ("decline", "No, decline", "They are told the reason"),
        ],
    )
    reason = TextAreaField("Reason for declining", [Length(max=1000)], description="They are told.")

    def validate_reason(self, field: Field) -> None:
        """Declining needs a reason."""
        if self.decision.data == "decline" and not field.data:
            raise ValidationError("Enter the reason for declining")


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
