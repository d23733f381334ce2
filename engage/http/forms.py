"""The base of every form; fields and validators are here too: one import line for a room's ``forms.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import EqualTo, NumberRange, Optional, Regexp, StopValidation, ValidationError

from engage.http.choices import CheckboxesField, RadiosField, SelectField
from engage.http.errorlist import FormProblem, error_list
from engage.http.fields import (
    CharacterCountField,
    CheckboxField,
    DatePartsField,
    EmailField,
    FileField,
    HiddenField,
    IntegerField,
    LinesField,
    PasswordField,
    SearchField,
    SubmitField,
    TextAreaField,
    TextField,
    TimeField,
)
from engage.http.validators import EmailAddress, Length, MaxWords, Required, UkDate

__all__ = [
    "CharacterCountField",
    "CheckboxField",
    "CheckboxesField",
    "DatePartsField",
    "EmailAddress",
    "EmailField",
    "EqualTo",
    "FileField",
    "Form",
    "FormProblem",
    "HiddenField",
    "IntegerField",
    "Length",
    "LinesField",
    "MaxWords",
    "NumberRange",
    "Optional",
    "PasswordField",
    "QueryForm",
    "RadiosField",
    "Regexp",
    "Required",
    "SearchField",
    "SelectField",
    "StopValidation",
    "SubmitField",
    "TextAreaField",
    "TextField",
    "TimeField",
    "UkDate",
    "ValidationError",
    "error_list",
]

Messages = Mapping[str, str | Sequence[str]]


class Form(FlaskForm):
    """A form that posts. ``form.validate_on_submit()`` is true for a POST whose fields are all right.

    ``data`` of text fields is cleaned (see ``engage.http.fields``); the token against forged posts is checked
    too.
    """

    form_errors: list[str]
    _fields: dict[str, Field]

    def add_errors(self, mapping: Messages) -> None:
        """Show the messages of a domain error (``Invalid.fields``) beside the fields they name.

        A name that is no field of this form is about the form as a whole.
        """
        for name, messages in mapping.items():
            texts = [messages] if isinstance(messages, str) else list(messages)
            if name in self._fields:
                field = self._fields[name]
                field.errors = [*field.errors, *texts]
            else:
                self.form_errors = [*self.form_errors, *texts]


class QueryForm(Form):
    """A form that searches or filters by GET: it reads the address and needs no token.

    Call ``validate()`` all the same: an address can hold anything.
    """

    class Meta(FlaskForm.Meta):
        """No token: a GET changes nothing."""

        csrf = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(formdata=request.args, **kwargs)
