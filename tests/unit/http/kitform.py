"""One form with every field, with posts that satisfy it and posts that do not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Flask

from engage.http.forms import (
    CharacterCountField,
    CheckboxesField,
    CheckboxField,
    DatePartsField,
    EmailAddress,
    EmailField,
    Form,
    IntegerField,
    LinesField,
    MaxWords,
    NumberRange,
    PasswordField,
    RadiosField,
    Required,
    SearchField,
    SelectField,
    SubmitField,
    TextAreaField,
    TextField,
    TimeField,
)

CHOICES = [("a", "First", "The first of all"), ("b", "Second")]


class EveryField(Form):
    text = TextField("Title", [Required("Enter a title")], description="Hint of text")
    search = SearchField("Words", [Required("Enter words")], description="Hint of search")
    email = EmailField(
        "Email", [Required("Enter an email address"), EmailAddress()], description="Hint of email"
    )
    password = PasswordField("Password", [Required("Enter a password")], description="Hint of password")
    area = TextAreaField("Notes", [Required("Enter notes")], description="Hint of area")
    count = CharacterCountField(
        "Problem", [Required("Enter the problem"), MaxWords(5)], description="Hint of count"
    )
    lines = LinesField("Links", [Required("Enter a link")], description="Hint of lines")
    number = IntegerField(
        "Places", [Required("Enter places"), NumberRange(min=1)], description="Hint of number"
    )
    select = SelectField(
        "Department", [Required("Choose one")], choices=CHOICES, description="Hint of select"
    )
    radios = RadiosField("Route", [Required("Choose a route")], choices=CHOICES, description="Hint of radios")
    boxes = CheckboxesField(
        "Regions", [Required("Choose regions")], choices=CHOICES, description="Hint of boxes"
    )
    day = DatePartsField("Closing date", [Required("Enter the date")], description="Hint of day")
    clock = TimeField("Start time", [Required("Enter the time")], description="Hint of clock")
    agree = CheckboxField("I agree", [Required("Agree")], description="Hint of agree")
    save = SubmitField("Save")


FIELDS = [
    "text", "search", "email", "password", "area", "count", "lines", "number", "select", "radios", "boxes", "day",
    "clock", "agree",
]  # fmt: skip

GOOD: dict[str, Any] = {
    "text": "  Damp \t homes ",
    "search": "bus",
    "email": "a@b.example",
    "password": " secret ",
    "area": "one\r\ntwo\r",
    "count": "one two three four five",
    "lines": " a \r\n\r\nb  c ",
    "number": "1,200",
    "select": "b",
    "radios": "a",
    "boxes": ["a", "b"],
    "day-day": "27",
    "day-month": "March",
    "day-year": "2027",
    "clock": "2:30pm",
    "agree": "y",
    "save": "y",
}
CLEAN = {
    "text": "Damp homes",
    "search": "bus",
    "email": "a@b.example",
    "password": " secret ",
    "area": "one\ntwo",
    "count": "one two three four five",
    "lines": ["a", "b c"],
    "number": 1200,
    "select": "b",
    "radios": "a",
    "boxes": ["a", "b"],
    "day": date(2027, 3, 27),
    "agree": True,
    "save": True,
}


def posted(app: Flask, data: Mapping[str, Any]) -> EveryField:
    """Return the form as it is after a POST of ``data``, validated."""
    with app.test_request_context("/", method="POST", data=data):
        form = EveryField()
        form.validate_on_submit()
        return form
