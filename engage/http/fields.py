"""Form fields. Text is cleaned as it arrives: ends stripped, line ends one kind, no control characters.

Every field takes the arguments of WTForms (label, validators, ``description`` for the hint, ``default``,
``render_kw``) and ``error_name``: what to call it in an error message when the label is a question.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from typing import Any

import wtforms
from werkzeug.datastructures import FileStorage
from wtforms import Field
from wtforms.utils import unset_value

from engage.http import widgets
from engage.http.labels import name_of
from engage.kernel.text import one_line
from engage.kernel.uktime import clock_words

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_DIGITS = re.compile(r"-?[0-9]{1,18}")


def clean_text(text: str) -> str:
    """Return ``text`` in Unicode form C, with one kind of line end, no control characters, ends stripped."""
    lines = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    return "".join(sign for sign in lines if sign in "\n\t" or unicodedata.category(sign) != "Cc").strip()


class Named(Field):
    """A field that knows what it is called in an error message."""

    def __init__(
        self, label: str | None = None, validators: Any = None, *, error_name: str = "", **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.error_name = error_name


class TextAreaField(Named):
    """Several lines of text."""

    data: str
    widget: Any = widgets.TextAreaWidget()

    def process_data(self, value: Any) -> None:
        """Take the value shown at first."""
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        if valuelist:
            self.data = clean_text(str(valuelist[0]))
            # Validators that ask for input look at raw_data: spaces alone are no input.
            self.raw_data = [self.data]

    def shown(self) -> str:
        """Return the text to show in the input."""
        return self.data


class TextField(TextAreaField):
    """One line of text."""

    widget = widgets.InputWidget()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        super().process_formdata(valuelist)
        if valuelist:
            self.data = one_line(self.data)


class EmailField(TextField):
    """An email address; use with ``EmailAddress()``."""

    widget = widgets.InputWidget(type="email", autocomplete="email", spellcheck=False, width="two-thirds")


class SearchField(TextField):
    """Words to look for."""

    widget = widgets.InputWidget(type="search")


class CharacterCountField(TextAreaField):
    """Several lines with a limit; needs ``MaxWords`` or ``Length(max=…)`` among its validators."""

    widget = widgets.CharacterCountWidget()


class PasswordField(Named):
    """A password, taken exactly as typed; ``autocomplete="new-password"`` where one is chosen."""

    data: str
    widget = widgets.PasswordWidget(width=20)

    def process_data(self, _value: Any) -> None:
        """Show nothing: a password never goes back to the browser."""
        self.data = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        if valuelist:
            self.data = str(valuelist[0])

    def shown(self) -> str:
        """Return the text to show in the input."""
        return ""


class LinesField(TextAreaField):
    """A list, one entry a line; empty lines are left out. ``data`` is a list of texts."""

    data: list[str]  # type: ignore[assignment]  # the same input, read as a list

    def process_data(self, value: Any) -> None:
        """Take the value shown at first."""
        self.data = list(value or [])

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        if valuelist:
            lines = (one_line(line) for line in clean_text(str(valuelist[0])).split("\n"))
            self.data = [line for line in lines if line]
            self.raw_data = ["\n".join(self.data)]

    def shown(self) -> str:
        """Return the text to show in the input."""
        return "\n".join(self.data)


class IntegerField(Named):
    """A whole number; "1,200" is understood. ``data`` is an int, or ``None`` when empty or wrong."""

    data: int | None
    widget = widgets.InputWidget(inputmode="numeric", spellcheck=False, width=5)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        if not valuelist:
            return
        text = re.sub(r"[ ,\u00a0]", "", clean_text(str(valuelist[0])))
        self.raw_data, self.data = [text], None
        if text and not _DIGITS.fullmatch(text):
            raise ValueError(f"{name_of(self)} must be a whole number, like 12")
        self.data = int(text) if text else None

    def shown(self) -> str:
        """Return the text to show in the input."""
        if self.data is not None:
            return str(self.data)
        return str(self.raw_data[0]) if self.raw_data else ""


class FileField(Named):
    """A file from the person's own computer. ``data`` is what werkzeug received, or ``None`` when none was chosen."""

    data: FileStorage | None
    widget = widgets.FileWidget()

    def process_data(self, _value: Any) -> None:
        """Show nothing: a file never goes back to the browser."""
        self.data = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent; a field of that name which is no file counts as nothing."""
        files = [each for each in valuelist if isinstance(each, FileStorage) and each.filename]
        self.data = files[0] if files else None


class CheckboxField(Named):
    """One box to tick. ``data`` is a bool; ``InputRequired`` makes ticking it a condition."""

    data: bool
    widget = widgets.CheckboxWidget()

    def process_data(self, value: Any) -> None:
        """Take the value shown at first."""
        self.data = bool(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        self.data = bool(valuelist) and valuelist[0] not in {"", "n", "false", "0"}


class HiddenField(wtforms.HiddenField):
    """A value the page carries along. The person can change it: check it like any input."""


class SubmitField(Named):
    """A button; its label is what it does. ``data`` is true when it sent the form."""

    data: bool
    widget = widgets.ButtonWidget()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        self.data = bool(valuelist)


MONTHS = {
    name[:length].lower(): number
    for number in range(1, 13)
    for name in (f"{date(2000, number, 1):%B}",)
    for length in {3, len(name)}
} | {"sept": 9}
PARTS = ("day", "month", "year")
LAST_DAY = 31
LAST_MONTH = 12


class DatePartsField(Named):
    """A date in three inputs. ``data`` is a ``date`` or ``None``; months may be names ("March", "mar")."""

    data: date | None
    widget = widgets.DatePartsWidget()
    raw_parts: dict[str, str]
    wrong_parts: frozenset[str]

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the three inputs; WTForms reads one, so this replaces the whole step."""
        self.process_errors = []
        self.wrong_parts = frozenset(PARTS)
        self.data = self.object_data = self._default() if data is unset_value else data
        self.raw_parts = self._parts_of(self.data)
        if formdata is None:
            return
        self.raw_parts = {part: clean_text(formdata.get(f"{self.name}-{part}") or "") for part in PARTS}
        self.raw_data = [one_line(" ".join(self.raw_parts.values()))]
        self.data = None
        try:
            self.data = self._read()
        except ValueError as problem:
            self.process_errors = [str(problem)]
        for each in (*self.filters, *(extra_filters or ())):
            self.data = each(self.data)

    @property
    def error_target(self) -> str:
        """The id of the first input at fault, where the error summary leads."""
        return f"{self.id}-{next(part for part in PARTS if part in self.wrong_parts)}"

    def _default(self) -> date | None:
        value = self.default() if callable(self.default) else self.default
        return value if isinstance(value, date) else None

    def _parts_of(self, day: date | None) -> dict[str, str]:
        return {part: str(getattr(day, part)) if day else "" for part in PARTS}

    def _read(self) -> date | None:
        missing = [part for part in PARTS if not self.raw_parts[part]]
        if len(missing) == len(PARTS):
            return None
        if missing:
            raise self._wrong(missing, f"must include a {' and a '.join(missing)}")
        day, year = self._number("day"), self._number("year")
        month = MONTHS.get(self.raw_parts["month"].lower().rstrip(".")) or self._number("month")
        if not re.fullmatch(r"[1-9][0-9]{3}", self.raw_parts["year"]):
            raise self._wrong(["year"], "must have a year of 4 numbers, like 2027")
        bounds = {"day": 1 <= day <= LAST_DAY, "month": 1 <= month <= LAST_MONTH}
        impossible = [part for part, possible in bounds.items() if not possible]
        if impossible:
            raise self._wrong(impossible, "must be a real date")
        try:
            return date(year, month, day)
        except ValueError:
            raise self._wrong(["day"], "must be a real date") from None

    def _number(self, part: str) -> int:
        text = self.raw_parts[part]
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0

    def _wrong(self, parts: list[str], rule: str) -> ValueError:
        self.wrong_parts = frozenset(parts)
        return ValueError(f"{name_of(self)} {rule}")


_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:.]?(?P<minute>[0-9]{2}))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)?")
_SPOKEN = {"midday": time(12), "noon": time(12), "midnight": time(0)}
NOON = 12


class TimeField(Named):
    """A time of day on the UK clock: "2:30pm", "2.30 pm", "14:30", "9am", "midday".

    ``data`` is a ``time`` or ``None``.
    """

    data: time | None
    widget = widgets.InputWidget(width=10, spellcheck=False, autocomplete="off")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        if not valuelist:
            return
        text = one_line(clean_text(str(valuelist[0])))
        self.raw_data, self.data = [text], None
        if text:
            self.data = self._read(text.lower())

    def _read(self, text: str) -> time:
        if text in _SPOKEN:
            return _SPOKEN[text]
        found = _CLOCK.fullmatch(text)
        if found is None or (found["minute"] is None and found["half"] is None):
            raise ValueError(f"{name_of(self)} must be a time, like 2:30pm or 14:30")
        hour, half = int(found["hour"]), (found["half"] or "").replace(".", "")
        # "2:30" alone could be either half of the day; "02:30" and "14:30" could not.
        if not half and len(found["hour"]) == 1:
            raise ValueError(f"{name_of(self)} must say am or pm, like 9:30am")
        if half:
            if not 1 <= hour <= NOON:
                raise ValueError(f"{name_of(self)} must be a time, like 2:30pm or 14:30")
            hour = hour % NOON + (NOON if half == "pm" else 0)
        try:
            return time(hour, int(found["minute"] or 0))
        except ValueError:
            raise ValueError(f"{name_of(self)} must be a time, like 2:30pm or 14:30") from None

    def shown(self) -> str:
        """Return the text to show in the input."""
        if self.data is not None:
            return clock_words(self.data)
        return str(self.raw_data[0]) if self.raw_data else ""
