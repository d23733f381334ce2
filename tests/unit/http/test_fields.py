"""What fields make of what is typed, and what validators say about it."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import Form as PlainForm
from wtforms.validators import Optional

from engage.http.errorlist import error_list
from engage.http.fields import clean_text
from engage.http.forms import (
    CheckboxesField,
    CheckboxField,
    DatePartsField,
    EmailAddress,
    IntegerField,
    MaxWords,
    NumberRange,
    QueryForm,
    RadiosField,
    Required,
    SelectField,
    TextField,
    TimeField,
    UkDate,
)
from tests.unit.http.kitform import CLEAN, GOOD, EveryField, posted


def test_a_good_form(app: Flask) -> None:
    form = posted(app, GOOD)
    assert form.errors == {}
    assert {**form.data, "clock": None} == {**CLEAN, "clock": None}
    assert form.clock.data == time(14, 30)


def test_an_empty_form_names_each_field_once(app: Flask) -> None:
    form = posted(app, {"text": " \t", "lines": "\n\n", "number": " ", "day-day": " "})
    assert [(problem.text, problem.href) for problem in error_list(form)] == [
        ("Enter a title", "#text"),
        ("Enter words", "#search"),
        ("Enter an email address", "#email"),
        ("Enter a password", "#password"),
        ("Enter notes", "#area"),
        ("Enter the problem", "#count"),
        ("Enter a link", "#lines"),
        ("Enter places", "#number"),
        ("Choose one", "#select"),
        ("Choose a route", "#radios"),
        ("Choose regions", "#boxes"),
        ("Enter the date", "#day-day"),
        ("Enter the time", "#clock"),
        ("Agree", "#agree"),
    ]


def test_clean_text() -> None:
    assert clean_text(" a\r\nb\rc\u2028d\x00\x07\t e\u0301 ") == "a\nb\nc\nd\t \u00e9"


class Days(PlainForm):
    day = DatePartsField("Closing date", [Required("Enter the closing date")])


def read_day(day: str, month: str, year: str) -> tuple[date | None, list[str], str]:
    form = Days(MultiDict({"day-day": day, "day-month": month, "day-year": year}))
    form.validate()
    return form.day.data, list(form.day.errors), form.day.error_target


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("27", "3", "2027"), date(2027, 3, 27)),
        (("27", "March", "2027"), date(2027, 3, 27)),
        ((" 27 ", "MAR.", "2027"), date(2027, 3, 27)),
        (("01", "09", "2027"), date(2027, 9, 1)),
        (("1", "Sept", "2027"), date(2027, 9, 1)),
        (("29", "february", "2028"), date(2028, 2, 29)),
        (("3", "may", "1999"), date(1999, 5, 3)),
    ],
)
def test_dates_that_are_understood(parts: tuple[str, str, str], expected: date) -> None:
    assert read_day(*parts) == (expected, [], "day-day")


@pytest.mark.parametrize(
    ("parts", "message", "target"),
    [
        (("", "", ""), "Enter the closing date", "day-day"),
        (("27", "", "2027"), "Closing date must include a month", "day-month"),
        (("", "", "2027"), "Closing date must include a day and a month", "day-day"),
        (("27", "3", ""), "Closing date must include a year", "day-year"),
        (("27", "3", "27"), "Closing date must have a year of 4 numbers, like 2027", "day-year"),
        (("27", "3", "0027"), "Closing date must have a year of 4 numbers, like 2027", "day-year"),
        (("27", "3", "20277"), "Closing date must have a year of 4 numbers, like 2027", "day-year"),
        (("31", "2", "2027"), "Closing date must be a real date", "day-day"),
        (("29", "2", "2027"), "Closing date must be a real date", "day-day"),
        (("3", "13", "2027"), "Closing date must be a real date", "day-month"),
        (("3", "Brumaire", "2027"), "Closing date must be a real date", "day-month"),
        (("32", "3", "2027"), "Closing date must be a real date", "day-day"),
        (("0", "0", "2027"), "Closing date must be a real date", "day-day"),
        (("two", "3", "2027"), "Closing date must be a real date", "day-day"),
        (("-1", "3", "2027"), "Closing date must be a real date", "day-day"),
        (("\u0663", "3", "2027"), "Closing date must be a real date", "day-day"),
    ],
)
def test_dates_that_are_not(parts: tuple[str, str, str], message: str, target: str) -> None:
    assert read_day(*parts) == (None, [message], target)


def test_a_post_without_the_date() -> None:
    form = Days(MultiDict({"other": "x"}))
    assert (form.validate(), form.day.data, list(form.day.errors)) == (
        False,
        None,
        ["Enter the closing date"],
    )


def test_a_date_shown_at_first() -> None:
    shown = {"day": "5", "month": "11", "year": "2026"}
    assert Days(data={"day": date(2026, 11, 5)}).day.raw_parts == shown
    assert Days(data={"day": None}).day.raw_parts == {"day": "", "month": "", "year": ""}

    class WithDefault(PlainForm):
        day = DatePartsField("Day", default=lambda: date(2026, 11, 5))

    assert WithDefault().day.raw_parts == shown
    assert WithDefault().day.data == date(2026, 11, 5)


def test_a_question_is_not_repeated_in_its_error() -> None:
    class Questions(PlainForm):
        a = DatePartsField("When does it close?", error_name="The closing date")
        b = IntegerField("How many places?")

    form = Questions(MultiDict({"a-day": "1", "b": "some"}))
    form.validate()
    assert [problem.text for problem in error_list(form)] == [
        "The closing date must include a month and a year",
        "Your answer must be a whole number, like 12",
    ]


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"future": True}, "Day must be in the future"),
        ({"earliest": lambda: date(2026, 3, 4)}, "Day must be 4 March 2026 or later"),
        ({"latest": date(2026, 3, 2)}, "Day must be 2 March 2026 or earlier"),
        ({"earliest": date(2026, 3, 3), "latest": date(2026, 3, 3)}, None),
        ({"future": True, "message": "Later, please"}, "Later, please"),
    ],
)
def test_bounds_of_a_date(bounds: dict[str, Any], message: str | None) -> None:
    class Bounded(PlainForm):
        day = DatePartsField("Day", [UkDate(**bounds)])

    # 23:30 UTC is still the 3rd in the United Kingdom in winter.
    with time_machine.travel("2026-03-03T23:30:00Z", tick=False):
        form = Bounded(MultiDict({"day-day": "3", "day-month": "3", "day-year": "2026"}))
        form.validate()
    assert list(form.day.errors) == ([message] if message else [])


class Clocks(PlainForm):
    at = TimeField("Start time", [Optional()])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2:30pm", time(14, 30)),
        ("2.30 PM", time(14, 30)),
        ("2:30 p.m.", time(14, 30)),
        ("14:30", time(14, 30)),
        ("1430", time(14, 30)),
        ("9am", time(9)),
        ("09:05", time(9, 5)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("12:30am", time(0, 30)),
        ("00:00", time(0)),
        ("Midday", time(12)),
        ("midnight", time(0)),
        ("", None),
    ],
)
def test_times_that_are_understood(typed: str, expected: time | None) -> None:
    form = Clocks(MultiDict({"at": typed}))
    assert (form.validate(), form.at.data) == (True, expected)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("2:30", "Start time must say am or pm, like 9:30am"),
        ("9", "Start time must be a time, like 2:30pm or 14:30"),
        ("24:00", "Start time must be a time, like 2:30pm or 14:30"),
        ("13pm", "Start time must be a time, like 2:30pm or 14:30"),
        ("0am", "Start time must be a time, like 2:30pm or 14:30"),
        ("12:60", "Start time must be a time, like 2:30pm or 14:30"),
        ("soon", "Start time must be a time, like 2:30pm or 14:30"),
    ],
)
def test_times_that_are_not(typed: str, message: str) -> None:
    form = Clocks(MultiDict({"at": typed}))
    assert (form.validate(), form.at.data, list(form.at.errors)) == (False, None, [message])
    assert form.at.shown() == typed


class Numbers(PlainForm):
    places = IntegerField("Places", [Required("Enter places"), NumberRange(min=0, max=2000)])


@pytest.mark.parametrize(("typed", "expected"), [("0", 0), (" 1 200 ", 1200), ("1,999", 1999)])
def test_numbers(typed: str, expected: int) -> None:
    form = Numbers(MultiDict({"places": typed}))
    assert (form.validate(), form.places.data) == (True, expected)


@pytest.mark.parametrize("typed", ["1.5", "ten", "1e3", "\u0663", "--1", "9" * 40])
def test_not_numbers(typed: str) -> None:
    form = Numbers(MultiDict({"places": typed}))
    assert (form.validate(), form.places.errors[0]) == (False, "Places must be a whole number, like 12")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Picking(PlainForm):
    one = RadiosField("One", choices=[(Colour.RED, "Red"), (Colour.BLUE, "Blue")], coerce=Colour)
    many = CheckboxesField("Many", choices=[(1, "One"), (2, "Two")], coerce=int)
    listed = SelectField("Listed", choices=lambda: [("", "Choose"), ("x", "X")])
    tick = CheckboxField("Tick")


def test_choices_are_coerced() -> None:
    form = Picking(MultiDict([("one", "red"), ("many", "1"), ("many", "2"), ("listed", "x"), ("tick", "y")]))
    assert form.validate()
    assert form.data == {"one": Colour.RED, "many": [1, 2], "listed": "x", "tick": True}
    nothing = Picking(MultiDict({"listed": ""}))
    assert nothing.validate()
    assert nothing.data == {"one": None, "many": [], "listed": None, "tick": False}


def test_choices_that_were_not_offered() -> None:
    form = Picking(MultiDict([("one", "green"), ("many", "7"), ("listed", "y")]))
    assert not form.validate()
    assert [problem.text for problem in error_list(form)] == ["Choose one of the answers on the page"] * 3


def test_a_view_may_set_the_choices() -> None:
    form = Picking(MultiDict({"listed": "late"}))
    form.listed.choices = [("late", "Late")]
    assert (form.validate(), form.listed.data) == (True, "late")
    assert form.listed.items() == [{"value": "late", "text": "Late", "selected": True}]


def test_choices_shown_at_first() -> None:
    form = Picking(data={"one": Colour.BLUE, "many": {2}})
    assert [item["checked"] for item in form.one.items()] == [False, True]
    assert [item["checked"] for item in form.many.items()] == [False, True]
    assert [item["selected"] for item in form.listed.items()] == [True, False]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("a@b.example", True),
        ("first.last+tag@mail.dept.gov.uk", True),
        ("a@b", False),
        ("a b@c.example", False),
        ("a@b.example\n", False),
        ("@b.example", False),
        ("a@@b.example", False),
        (".a@b.example", False),
        ("a.@b.example", False),
        ("a..c@b.example", False),
        ("a" * 64 + "@b.example", True),
        ("a" * 65 + "@b.example", False),
        ("a@" + "b" * 60 + "." + ".".join(["c" * 60] * 4), False),
    ],
)
def test_email_addresses(text: str, right: bool) -> None:
    class Mail(PlainForm):
        address = TextField("Email", [EmailAddress()])

    form = Mail(data={"address": text})
    assert form.validate() is right


def test_words_are_counted_as_on_the_page() -> None:
    class Text(PlainForm):
        text = TextField("Summary", [MaxWords(1000)])

    assert Text(data={"text": "word " * 1000}).validate()
    form = Text(data={"text": "word\n" * 1001})
    assert (form.validate(), form.text.errors) == (False, ["Summary must be 1,000 words or fewer"])


def test_a_word_cannot_be_a_book() -> None:
    class Text(PlainForm):
        text = TextField("Summary", [MaxWords(100)])

    assert Text(data={"text": "x" * 1700}).validate()
    form = Text(data={"text": "x" * 1701})
    assert (form.validate(), form.text.errors) == (False, ["Summary must be 1,700 characters or fewer"])


def test_errors_of_the_domain_stand_beside_their_fields(app: Flask) -> None:
    form = posted(app, GOOD)
    form.add_errors({"text": "That title is taken", "places": ["Too many", "Too early"]})
    assert [(problem.text, problem.href) for problem in error_list(form)] == [
        ("Too many", ""),
        ("Too early", ""),
        ("That title is taken", "#text"),
    ]
    assert form.errors == {"text": ["That title is taken"], "": ["Too many", "Too early"]}


def test_a_password_is_never_kept_for_show(page: Flask) -> None:
    assert "secret" not in str(EveryField(data={"password": "secret"}).password())


def test_query_form_reads_the_address(app: Flask) -> None:
    class Filter(QueryForm):
        q = TextField("Words")

    app.config["WTF_CSRF_ENABLED"] = True
    with app.test_request_context("/?q=+damp++homes"):
        form = Filter()
        assert (form.validate(), form.q.data, "csrf_token" in form) == (True, "damp homes", False)
