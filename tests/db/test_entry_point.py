"""What the web server does once, before it makes its processes: nothing is compiled again when the first page is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Never

import pytest
from jinja2 import Environment

import config
from engage.app import create_app
from engage.http.templates import compile_pages
from engage.outbox.service import compile_letters, rendering

TEMPLATES = Path(__file__).parents[2] / "templates"


def names(*, of_mail: bool) -> list[str]:
    found = (path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*"))
    return sorted(name for name in found if name.startswith("mail/") is of_mail)


def refuse(*_: object, **__: object) -> Never:
    raise AssertionError("compiled after the start")


def test_every_page_and_every_letter_is_compiled_at_the_start(
    settings: config.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(settings)
    rendering._environment.cache_clear()
    compile_pages(app)
    compile_letters()
    monkeypatch.setattr(Environment, "compile", refuse)
    pages = [app.jinja_env.get_template(name).name for name in names(of_mail=False)]
    letters = [rendering._environment().get_template(name).name for name in names(of_mail=True)]
    assert len(pages) > 150
    assert len(letters) > 100


def test_what_an_editor_left_behind_does_not_keep_the_site_from_starting(
    settings: config.Config, tmp_path: Path
) -> None:
    app = create_app(settings)
    app.template_folder = str(tmp_path)
    (tmp_path / ".page.html.swp").write_bytes(b"\xff\xfe")
    (tmp_path / "page.html.orig").write_text("{% no such thing %}")
    compile_pages(app)
