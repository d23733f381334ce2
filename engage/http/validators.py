"""Validators beyond those of WTForms. Messages are whole sentences for the person, without a full stop."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from wtforms import Field, StringField
from wtforms.form import BaseForm
from wtforms.validators import Length as LengthOfAnything
from wtforms.validators import StopValidation, ValidationError

from engage.http.labels import name_of
from engage.kernel.clock import uk_today
from engage.kernel.uktime import uk_date

# The shape that browsers check (HTML standard, "valid email address"), with a dot in the domain. Dots stand
# one by one between other characters, as RFC 5321 has it for what is not quoted: servers refuse the rest.
_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
)
LONGEST_ADDRESS = 254
CHARACTERS_A_WORD = 15  # with the space after it; English needs 6
SPARE_CHARACTERS = 200  # for a link or two

Day = date | Callable[[], date] | None


class Required:
    """An answer is needed. The message says what to do: "Enter the closing date", "Choose a route".

    Unlike those of WTForms it leaves alone what the field found wrong with an answer that was given, and it
    takes 0.
    """

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Raise when the rule is broken."""
        if field.errors:
            raise StopValidation
        if field.data is None or field.data is False or field.data in ("", []):
            raise StopValidation(self.message)


class MaxWords:
    """At most ``max_words`` words, counted as the counter on the page does: between white space.

    A "word" may be of any length, so there is a bound on the characters as well, far above what words need.
    """

    def __init__(self, max_words: int, message: str = "") -> None:
        self.max_words = max_words
        self.most_characters = max_words * CHARACTERS_A_WORD + SPARE_CHARACTERS
        self.message = message

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Raise when the rule is broken."""
        if len((field.data or "").split()) > self.max_words:
            raise ValidationError(
                self.message or f"{name_of(field)} must be {self.max_words:,} words or fewer"
            )
        if len(field.data or "") > self.most_characters:
            raise ValidationError(f"{name_of(field)} must be {self.most_characters:,} characters or fewer")


class Length(LengthOfAnything):
    """At most ``max`` characters, said with the name of the field: the summary above a form shows no fields."""

    def __call__(self, form: BaseForm, field: StringField) -> None:
        """Raise when the rule is broken."""
        if not self.message and 0 <= self.max < len(field.data or ""):
            raise ValidationError(f"{name_of(field)} must be {self.max:,} characters or fewer")
        super().__call__(form, field)


class UkDate:
    """A date within bounds, both included; a bound may be a function, called at validation.

    ``UkDate(future=True)`` is short for the day after today in the United Kingdom.
    """

    def __init__(
        self, *, earliest: Day = None, latest: Day = None, future: bool = False, message: str = ""
    ) -> None:
        self.earliest = earliest
        self.latest = latest
        self.future = future
        self.message = message

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Raise when the rule is broken."""
        day: date | None = field.data
        if day is None:
            return
        if self.future and day <= uk_today():
            raise ValidationError(self.message or f"{name_of(field)} must be in the future")
        earliest = self.earliest() if callable(self.earliest) else self.earliest
        if earliest and day < earliest:
            raise ValidationError(self.message or f"{name_of(field)} must be {uk_date(earliest)} or later")
        latest = self.latest() if callable(self.latest) else self.latest
        if latest and day > latest:
            raise ValidationError(self.message or f"{name_of(field)} must be {uk_date(latest)} or earlier")


class EmailAddress:
    """The shape of an email address; whether mail arrives is found out by sending one."""

    def __init__(
        self, message: str = "Enter an email address in the correct format, like name@example.com"
    ) -> None:
        self.message = message

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Raise when the rule is broken."""
        text = field.data or ""
        if len(text) > LONGEST_ADDRESS or not _EMAIL.fullmatch(text):
            raise ValidationError(self.message)
