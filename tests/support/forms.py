"""The forms of a page as a browser would send them: every field with what stands in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]


@dataclass
class PageForm:
    """One form: where it goes, and its fields as they would be sent now."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


def forms_of(html: str) -> list[PageForm]:
    """Return the forms of a page that are sent by POST, in their order."""
    reader = _Reader()
    reader.feed(html)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[PageForm] = []
        self._form: PageForm | None = None
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("method", "get").lower() == "post":
            self._form = PageForm(values.get("action", ""))
            self.found.append(self._form)
        if self._form is None:
            return
        if tag == "input":
            self._input(values)
        elif tag == "select":
            self._select = values.get("name", "")
        elif tag == "option" and self._select:
            if "selected" in values or self._select not in self._form.fields:
                self._form.fields[self._select] = values.get("value", "")
        elif tag == "textarea":
            self._textarea = values.get("name", "")
            self._form.fields[self._textarea] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._textarea:
            text = data.removeprefix("\n") if not self._form.fields[self._textarea] else data
            self._form.fields[self._textarea] += text

    def _input(self, values: dict[str, str]) -> None:
        kind, name = values.get("type", "text"), values.get("name", "")
        chosen = kind not in {"radio", "checkbox"} or "checked" in values
        if self._form is not None and name and chosen and kind not in {"submit", "button", "file"}:
            self._form.fields[name] = values.get("value", "on" if kind == "checkbox" else "")
