"""What is wrong with a form, as a list of messages, each with the input to go to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wtforms import Field, FieldList, FormField
from wtforms.form import BaseForm


@dataclass(frozen=True)
class FormProblem:
    """One message; ``href`` leads to the input at fault, or is empty when the whole form is."""

    text: str
    href: str


def error_list(form: BaseForm) -> list[FormProblem]:
    """Return the messages of ``form`` in the order of the page, those about the whole form first."""
    return [FormProblem(str(text), "") for text in form.form_errors] + [
        problem for field in form for problem in _of_field(field)
    ]


def _of_field(field: Field) -> Iterator[FormProblem]:
    if isinstance(field, FormField):
        yield from error_list(field.form)
    elif isinstance(field, FieldList):
        for entry in field.entries:
            yield from _of_field(entry)
    else:
        target = getattr(field, "error_target", field.id)
        # One message a field, the one shown beside it: the summary and the page must agree.
        yield from (FormProblem(str(text), f"#{target}") for text in list(field.errors)[:1])
