"""The techmap at a browser: readable by everybody, on a phone, by keyboard, with JavaScript and without."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from engage.kernel.db import unit_of_work
from engage.matchmaking import service as matchmaking
from engage.techmap import service
from tests.browser.conftest import Visitor, Visitors
from tests.factories import techmap

pytestmark = pytest.mark.usefixtures("rows")

PAGES = (
    "/techmap",
    "/techmap?q=meals",
    "/techmap?size=small&region=TLI",
    "/techmap/table",
    "/techmap/coverage",
    "/techmap/gaps",
    "/techmap/embed",
)


@pytest.fixture
def drawn() -> None:
    with unit_of_work() as session:
        techmap.firms(session, each=4, regions=["TLI"])
    while True:
        with unit_of_work() as session:
            if not matchmaking.embed_some(session, limit=100):
                break
    assert service.draw_now() is not None


def box(visitor: Visitor) -> list[float]:
    """Return the part of the map that is seen."""
    text = visitor.page.locator("[data-techmap]").get_attribute("viewBox")
    assert text is not None
    return [float(number) for number in text.split()]


@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_read_it(visitors: Visitors, drawn: None, width: int) -> None:
    visitor = visitors.new(width=width)
    for path in PAGES:
        visitor.go(path)
        wide = visitor.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not wide, f"{path} scrolls sideways at {width}"
        found = Axe().run(visitor.page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"


def test_it_is_moved_by_keys_and_marked_while_typing(visitors: Visitors, drawn: None) -> None:
    visitor = visitors.new()
    page = visitor.go("/techmap")
    first = page.locator(".techmap-mark").first
    first.focus()
    page.keyboard.press("+")
    assert box(visitor)[2] == pytest.approx(1250 / 1.6)
    left = box(visitor)[0]
    page.keyboard.press("ArrowRight")
    assert box(visitor)[0] > left
    page.keyboard.press("0")
    assert box(visitor) == [0, 0, 1250, 1000]
    page.get_by_role("button", name="Zoom in").click()
    assert box(visitor)[2] == pytest.approx(1250 / 1.6)
    visitor.fill("Words in names and statements", "school")
    schools = page.locator('.techmap-mark[aria-label*="school" i]').count()
    expect(page.locator(".techmap-mark--meant")).to_have_count(schools)
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/suppliers/**")


def test_without_javascript_links_move_it(visitors: Visitors, drawn: None) -> None:
    visitor = visitors.new(javascript=False)
    visitor.go("/techmap")
    visitor.follow("Zoom in")
    assert box(visitor)[2:] == [625, 500]
    visitor.follow("Move right")
    assert box(visitor)[0] > 312
    visitor.follow("Whole map")
    assert box(visitor)[2:] == [1250, 1000]
