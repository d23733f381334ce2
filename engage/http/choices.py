"""Fields that offer choices: radios, checkboxes and select.

``choices`` is a list of ``(value, text)`` or ``(value, text, hint)``, or a function that returns one; a
view may also set it on the bound field. ``coerce`` turns the text of a value into what ``data`` holds (an
enum, an int).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any

from wtforms.form import BaseForm
from wtforms.validators import ValidationError

from engage.http import widgets
from engage.http.fields import Named

Choice = tuple[Any, ...]
Choices = Sequence[Choice] | Callable[[], Iterable[Choice]]

UNKNOWN = "Choose one of the answers on the page"


class ChoicesField(Named):
    """What the three have in common."""

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        choices: Choices = (),
        coerce: Callable[[str], Any] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.choices: list[Choice] = list(choices() if callable(choices) else choices)
        self.coerce = coerce

    def items(self) -> list[dict[str, Any]]:
        """Return the choices as the component macros want them."""
        found = []
        for choice in self.choices:
            item: dict[str, Any] = {
                "value": _text(choice[0]),
                "text": choice[1],
                self.mark: self.chosen(choice[0]),
            }
            if len(choice) > 2:
                item["hint"] = {"text": choice[2]}
            found.append(item)
        return found

    mark = "checked"

    def chosen(self, value: object) -> bool:
        """Tell whether ``value`` is (among) the answer."""
        return self.data is not None and _text(value) == _text(self.data)

    def offers(self, value: object) -> bool:
        """Tell whether ``value`` is among the choices, which a view may have set after the form was made."""
        return _text(value) in {_text(choice[0]) for choice in self.choices}


class RadiosField(ChoicesField):
    """One of a few. ``data`` is ``None`` when nothing was chosen."""

    widget: Any = widgets.RadiosWidget()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the answer that was sent."""
        self.data = None
        text = str(valuelist[0]) if valuelist else ""
        if text:
            self.data = _coerced(self.coerce, text)

    def pre_validate(self, _form: BaseForm) -> None:
        """Refuse a value that the page did not offer."""
        if self.data is not None and not self.offers(self.data):
            raise ValidationError(UNKNOWN)


class SelectField(RadiosField):
    """One of many. Give ``("", "Choose one")`` as the first choice when nothing is chosen at first."""

    widget: Any = widgets.SelectWidget()
    mark = "selected"

    def chosen(self, value: object) -> bool:
        """Tell whether ``value`` is the answer; the empty choice is when there is none."""
        return _text(value) == ("" if self.data is None else _text(self.data))


class CheckboxesField(ChoicesField):
    """Any of a few. ``data`` is a list, empty when nothing was chosen."""

    data: list[Any]
    widget: Any = widgets.CheckboxesWidget()

    def process_data(self, value: Any) -> None:
        """Take any collection as the answer shown at first."""
        self.data = list(value or [])

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take all the answers that were sent."""
        self.data = [_coerced(self.coerce, str(text)) for text in valuelist]

    def chosen(self, value: object) -> bool:
        """Tell whether ``value`` is among the answers."""
        return _text(value) in {_text(each) for each in self.data}

    def pre_validate(self, _form: BaseForm) -> None:
        """Refuse values that the page did not offer."""
        if not all(self.offers(each) for each in self.data):
            raise ValidationError(UNKNOWN)


def _text(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)


def _coerced(coerce: Callable[[str], Any], text: str) -> Any:
    try:
        return coerce(text)
    except (ValueError, KeyError) as problem:
        raise ValueError(UNKNOWN) from problem
