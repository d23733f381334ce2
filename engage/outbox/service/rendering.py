"""Turning a mail template and plain values into subject, text and HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from engage.kernel import uktime
from engage.kernel.text import one_line

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_BLANK_LINES = re.compile(r"\n{3,}")
_UNDERLINED = re.compile(r"^(\S.*)\n([=-])\2{2,}$", re.MULTILINE)
LONGEST_RULE = 72


@dataclass(frozen=True)
class Rendered:
    """A mail in words: ``subject`` on one line, ``text`` and ``html`` with the same content."""

    subject: str
    text: str
    html: str


def render(template: str, values: Mapping[str, Any], *, subject: str | None = None) -> Rendered:
    """Render ``templates/mail/<template>/{subject.txt,body.txt,body.html}`` with ``values``.

    A given ``subject`` replaces ``subject.txt``. Values are escaped in HTML; a value that a template names
    and nobody gave raises ``jinja2.UndefinedError``. Styles are written into the elements: mail programs drop
    style sheets.
    """
    if not _NAME.fullmatch(template):
        raise ValueError(f"{template!r} is no name of a mail template")
    environment = _environment()
    folder = f"mail/{template}"
    words = subject or environment.get_template(f"{folder}/subject.txt").render(values)
    known = {**values, "subject": one_line(words)}
    text = environment.get_template(f"{folder}/body.txt").render(known)
    html = environment.get_template(f"{folder}/body.html").render(known)
    return Rendered(known["subject"], _tidy(text), _inliner().inline(html))


def compile_letters() -> None:
    """Compile the template of every mail, so that who has one written first does not wait for that."""
    environment = _environment()
    for name in environment.list_templates(filter_func=_of_mail):
        environment.get_template(name)
    _inliner()


def _of_mail(name: str) -> bool:
    return re.fullmatch(r"mail/([^./][^/]*/)*[^./][^/]*\.(html|txt)", name) is not None


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for name in ("uk_date", "uk_time", "uk_range", "clock_words"):
        environment.filters[name] = getattr(uktime, name)
    environment.filters["paragraphs"] = paragraphs
    environment.filters["sentence"] = sentence
    environment.filters["listed"] = listed
    return environment


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of plain ``text``: what blank lines separate."""
    return [part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]


def sentence(text: str) -> str:
    """Return ``text`` with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _tidy(text: str) -> str:
    """Return plain text without blanks that nobody sees, and with headings underlined to their own length."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _UNDERLINED.sub(_rule, _BLANK_LINES.sub("\n\n", lines)).strip() + "\n"


def _rule(found: re.Match[str]) -> str:
    title, sign = found.groups()
    return f"{title}\n{sign * min(len(title), LONGEST_RULE)}"
