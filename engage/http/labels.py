"""What a field is called inside an error message."""

from __future__ import annotations

from wtforms import Field


def name_of(field: Field) -> str:
    """Return the field's ``error_name``, or its label when that is not a question: "Closing date"."""
    given = getattr(field, "error_name", "")
    if given:
        return str(given)
    text = field.label.text.strip()
    return "Your answer" if text.endswith("?") else text
