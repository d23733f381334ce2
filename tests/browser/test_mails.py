"""Every mail as a picture: nothing is wider than the screen, nothing is fetched, and it can be read light and dark.

With ``ENGAGE_PICTURES=DIRECTORY`` the pictures are kept there, for people to look at.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.mails import rendered

WIDTHS, SCHEMES = (600, 390), ("light", "dark")
LAYOUTS = {"digest", "invitation", "challenge_changed", "seat_confirmed"}
"""Mails in which every part of the layout occurs at least once: these are checked for contrast and structure."""
RULES = {
    "runOnly": ["color-contrast", "link-name", "list", "definition-list", "heading-order", "html-has-lang"]
}


@contextmanager
def screen(browser: Browser, *, width: int, scheme: Literal["light", "dark"]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 600}, color_scheme=scheme)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_mail_fits_fetches_nothing_and_can_be_read(
    chromium: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    with screen(chromium, width=width, scheme=scheme) as page:
        look(page, width=width, scheme=scheme)


def look(page: Page, *, width: int, scheme: str) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    wide, faults, numbers = [], [], Counter[str]()
    for template, mail in rendered():
        numbers[template] += 1
        name = f"{template}-{numbers[template]}"
        page.set_content(mail.html)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(name)
        if template in LAYOUTS:
            found = Axe().run(page, options=RULES)
            faults += [
                (name, one["id"], one["nodes"][0]["html"][:90]) for one in found.response["violations"]
            ]
        if folder := os.environ.get("ENGAGE_PICTURES"):
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    assert (wide, asked, faults) == ([], [], [])
    assert len(numbers) > len(LAYOUTS)
