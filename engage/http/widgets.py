"""Widgets: each turns a WTForms field into one component of the design system: label, hint, error and aria.

Options given where the field is rendered (``{{ form.title(width=20, label_as_heading=True) }}``) win over
those of the field's ``render_kw``. Ours are named in the docstrings here; any other goes to the component
macro under its own name (``autocomplete``, ``inputmode``, ``prefix``, ``suffix``, ``rows``, ``spellcheck``,
``attributes`` …).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app
from markupsafe import Markup
from wtforms import Field
from wtforms.validators import Length

Params = dict[str, Any]


def render_component(component: str, macro: str, params: Mapping[str, object]) -> Markup:
    """Render one component macro of the design system, for instance ``("input", "govukInput", {…})``."""
    template = current_app.jinja_env.get_template(f"govuk_frontend_jinja/components/{component}/macro.html")
    return Markup(getattr(template.module, macro)(params))  # noqa: S704  # the macro has escaped every value


def label_text(field: Field) -> str:
    """Return the label, with "(optional)" when the field may be left empty."""
    text = field.label.text
    optional = bool(field.flags.optional) and "optional" not in text.lower()
    return f"{text} (optional)" if optional else text


def label_params(field: Field, options: Params, *, block: str = "label") -> Params:
    """Return the options of a label (or ``block="fieldset__legend"``), consuming ours from ``options``.

    ``label_as_heading`` makes it the page's h1, ``label_size`` ("s", "m", "l", "xl") larger, ``label_hidden``
    invisible.
    """
    heading = bool(options.pop("label_as_heading", False))
    size = options.pop("label_size", "l" if heading else "")
    hidden = options.pop("label_hidden", False)
    text = options.pop("label", None) or label_text(field)
    classes = [f"govuk-{block}--{size}"] if size else []
    if hidden:
        classes.append("govuk-visually-hidden")
    return {"text": text, "isPageHeading": heading, "classes": " ".join(classes)}


def common_params(field: Field, options: Params) -> Params:
    """Return hint and error message; a hint given in the template replaces the field's description."""
    params: Params = {}
    hint = options.pop("hint", None) or field.description
    if hint:
        params["hint"] = {"html": hint} if isinstance(hint, Markup) else {"text": str(hint)}
    if field.errors:
        params["errorMessage"] = {"text": str(next(iter(field.errors)))}
    return params


class InputWidget:
    """One line of text. ``width``: characters (2, 3, 4, 5, 10, 20, 30) or a word ("two-thirds", "full")."""

    component = "input"
    macro = "govukInput"
    extra: Mapping[str, object] = {}

    def __init__(self, **extra: object) -> None:
        self.extra = {**self.extra, **extra}

    def __call__(self, field: Field, **options: Any) -> Markup:
        """Return the HTML of the field."""
        options = {**self.extra, **options}
        width = options.pop("width", None)
        classes = [options.pop("classes", "")]
        if width is not None:
            classes.append(
                f"govuk-input--width-{width}" if isinstance(width, int) else f"govuk-!-width-{width}"
            )
        params = {
            "id": field.id,
            "name": field.name,
            "label": label_params(field, options),
            **common_params(field, options),
            "value": self.value(field),
            "classes": " ".join(filter(None, classes)),
            **self.limits(field),
            **options,
        }
        return render_component(self.component, self.macro, params)

    def value(self, field: Any) -> str:
        """Return the text to show in the input."""
        return str(field.shown())

    def limits(self, _field: Field) -> Params:
        """Return the component's options for the field's limits."""
        return {}


class PasswordWidget(InputWidget):
    """A password with a button that shows it; never sent back to the browser."""

    component = "password-input"
    macro = "govukPasswordInput"

    def value(self, _field: Any) -> str:
        """Show nothing."""
        return ""


class FileWidget:
    """A file to choose; the form needs ``enctype="multipart/form-data"``."""

    def __call__(self, field: Field, **options: Any) -> Markup:
        """Return the HTML of the field. Browsers never show a file that was chosen before."""
        params = {"id": field.id, "name": field.name, "label": label_params(field, options)}
        return render_component(
            "file-upload", "govukFileUpload", {**params, **common_params(field, options), **options}
        )


class TextAreaWidget(InputWidget):
    """Several lines of text; ``rows`` sets the height."""

    component = "textarea"
    macro = "govukTextarea"


class CharacterCountWidget(InputWidget):
    """Several lines with a count of what is left, from the field's ``MaxWords`` or ``Length(max=…)``."""

    component = "character-count"
    macro = "govukCharacterCount"

    def limits(self, field: Field) -> Params:
        """Return the number of words or characters that the field's validators allow."""
        validators: Sequence[object] = field.validators
        for validator in validators:
            words = getattr(validator, "max_words", None)
            if words:
                return {"maxwords": words}
            if isinstance(validator, Length) and validator.max > 0:
                return {"maxlength": validator.max}
        raise TypeError(f"{field.name} counts, so it needs MaxWords or Length(max=…)")


class ChoicesWidget:
    """What select, radios and checkboxes share: items from ``field.items()``."""

    component = ""
    macro = ""

    def __call__(self, field: Any, **options: Any) -> Markup:
        """Return the HTML of the field."""
        params = {"idPrefix": field.id, "name": field.name, "items": self.items(field, options)}
        small = options.pop("small", False)
        inline = options.pop("inline", False)
        classes = [
            f"govuk-{self.component}--small" if small else "",
            f"govuk-{self.component}--inline" if inline else "",
        ]
        params["classes"] = " ".join(filter(None, [*classes, options.pop("classes", "")]))
        params["fieldset"] = {"legend": label_params(field, options, block="fieldset__legend")}
        return render_component(
            self.component, self.macro, {**params, **common_params(field, options), **options}
        )

    def items(self, field: Any, _options: Params) -> list[Params]:
        """Return the choices as the component takes them."""
        found: list[Params] = field.items()
        return found


class RadiosWidget(ChoicesWidget):
    """One of a few; ``inline=True`` puts two short ones side by side, ``small=True`` makes them smaller.

    ``reveals={value: html}`` puts more questions under an answer; with JavaScript they show when it is chosen.
    """

    component = "radios"
    macro = "govukRadios"

    def items(self, field: Any, options: Params) -> list[Params]:
        """Return the choices, with what each of them reveals."""
        reveals = {str(value): html for value, html in options.pop("reveals", {}).items()}
        found: list[Params] = field.items()
        for item in found:
            if item["value"] in reveals:
                item["conditional"] = {"html": reveals[item["value"]]}
        return found


class CheckboxesWidget(ChoicesWidget):
    """Any of a few."""

    component = "checkboxes"
    macro = "govukCheckboxes"


class CheckboxWidget:
    """A single box to tick, its label beside it; ``legend`` gives the group a name when it needs one."""

    def __call__(self, field: Field, **options: Any) -> Markup:
        """Return the HTML of the field."""
        hint = options.pop("hint", None) or field.description
        item = {
            "value": "y",
            "text": options.pop("label", None) or field.label.text,
            "checked": bool(field.data),
        }
        if hint:
            item["hint"] = {"text": str(hint)}
        params: Params = {"idPrefix": field.id, "name": field.name, "items": [item], **options}
        if legend := params.pop("legend", None):
            params["fieldset"] = {"legend": {"text": legend, "classes": "govuk-fieldset__legend--s"}}
        if field.errors:
            params["errorMessage"] = {"text": str(next(iter(field.errors)))}
        return render_component("checkboxes", "govukCheckboxes", params)


class SelectWidget:
    """One of many, in a list that opens."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        """Return the HTML of the field."""
        params = {
            "id": field.id,
            "name": field.name,
            "label": label_params(field, options),
            **common_params(field, options),
            "items": field.items(),
            **options,
        }
        return render_component("select", "govukSelect", params)


class DatePartsWidget:
    """Day, month and year; the part at fault is marked and is where the error summary leads."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        """Return the HTML of the field."""
        parts: Mapping[str, str] = field.raw_parts
        wrong = field.wrong_parts if field.errors else frozenset()
        options.setdefault("hint", field.description or "For example, 27 3 2027 or 27 March 2027")
        items = []
        for part, width in (("day", 2), ("month", 0), ("year", 4)):
            # A month may be typed in letters: its keyboard must have them, its box must be wide enough.
            by_name = part == "month"
            classes = "engage-input--month" if by_name else f"govuk-input--width-{width}"
            if part in wrong:
                classes += " govuk-input--error"
            items.append(
                {
                    "name": part,
                    "value": parts[part],
                    "classes": classes,
                    "inputmode": "text" if by_name else "numeric",
                    "autocomplete": "off",
                }
            )
        legend = label_params(field, options, block="fieldset__legend")
        params = {"id": field.id, "namePrefix": field.name, "items": items, "fieldset": {"legend": legend}}
        return render_component(
            "date-input", "govukDateInput", {**params, **common_params(field, options), **options}
        )


class ButtonWidget:
    """A button that sends the form once."""

    def __call__(self, field: Field, **options: Any) -> Markup:
        """Return the HTML of the field."""
        text = options.pop("label", None) or field.label.text
        params = {"text": text, "name": field.name, "value": "y", "preventDoubleClick": True}
        return render_component("button", "govukButton", {**params, **options})
