"""Marking the sentences of a statement that match, without trusting a character of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape


def marked(text: str, passages: Iterable[Mapping[str, Any]], *, field: str) -> Markup:
    """Return ``text`` as HTML, the passages of ``field`` inside ``<mark>``; line ends become ``<br>``.

    Passages are ``[start, end)`` characters of ``text``. They may overlap or reach beyond it: each
    character is shown once, escaped.
    """
    spans = sorted((p["start"], p["end"]) for p in passages if p["field"] == field)
    parts: list[Markup] = []
    place = 0
    for start, end in spans:
        first, last = max(start, place), min(end, len(text))
        if first >= last:
            continue
        parts += [_lines(text[place:first]), Markup("<mark>{}</mark>").format(_lines(text[first:last]))]
        place = last
    return Markup("").join([*parts, _lines(text[place:])])


def _lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
