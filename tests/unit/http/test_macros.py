"""Every macro of the layout, once on one page, and each for what it promises."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask, render_template_string

from tests.support.html import faults
from tests.unit.http.conftest import TEMPLATES

EVERYTHING = """{% extends "layout/base.html" %}
{% import "layout/macros.html" as m %}
{% block back_link %}{{ m.back_link("/") }}{% endblock %}
{% block content %}
{{ m.page_heading("Everything", caption="Above it", size="xl") }}
{{ m.lead("The first words.") }}
{{ m.tabs([("Text", "/t", true), ("Match", "/m", false, 3)], "Parts") }}
{{ m.meta(["One", "", "Two"]) }}
{{ m.summary_list([("Name", "Ann"), ("Day", "Monday", "/d"), ("Time", "Noon", "/t", "the time")]) }}
{{ m.data_table("Seats", ["Name", ("Places", "numeric")], [["A", 1], ["B", 2]]) }}
{{ m.tag("New", "blue") }}{{ m.band("strong") }}{{ m.band("good") }}{{ m.band("possible") }}
{% call m.card_list("Cards", 2) %}
{% call m.card("Linked", "/c", meta=["Here"], tag="T", footer="Below") %}<p>Body</p>{% endcall %}
{% call m.card("Plain", level=3) %}<p>Body</p>{% endcall %}
{% endcall %}
{{ m.empty_state("Nothing yet", "Do this.", "/do", "Do it") }}
{{ m.timeline([("Past", "May", "x"), ("Present", "June", "", "now"), ("Future", "", "", "next")]) }}
{{ m.inset("Inset") }}{{ m.warning("Careful") }}
{% call m.inset() %}<p>Called</p>{% endcall %}
{% call m.details("More") %}Inside{% endcall %}
{{ m.figures([(3, "things", "/3"), ("4%", "others")]) }}
{% call m.board() %}{% call m.board_column("Draft", 1) %}{{ m.board_card("Card", "/b", "text", ["late"], "Your turn") }}{% endcall %}
{% call m.board_column("Done", 0) %}{% endcall %}{% endcall %}
{% call m.side_box("Box", id="box") %}<p>Beside</p>{% endcall %}
{{ m.post_button("/p", "Withdraw", "govuk-button--warning", hidden_text="the challenge", fields={"seat": 3}) }}
{{ m.weighed_button("/w", "Give it up", "It goes to the next in line.", hidden_text="in the room") }}
{{ m.link_button("/l", "Go", start=true) }}
{% call m.post_form("/f") %}{{ m.button("Save", name="then", value="next") }}{% endcall %}
{{ m.pagination(list) }}
{{ m.hero_picture() }}
{% endblock %}"""


@dataclass(frozen=True)
class Page:
    page: int
    pages: int
    total: int = 100


@pytest.fixture
def tree(page: Flask) -> Element:
    page.jinja_env.globals["page_url"] = lambda number: f"/list?page={number}"
    html = render_template_string(EVERYTHING, list=Page(page=5, pages=9))
    assert faults(html) == []
    return html5lib.parse(html, namespaceHTMLElements=False)


def words(node: Element | None) -> str:
    assert node is not None
    return " ".join("".join(node.itertext()).split())


def texts(tree: Element, path: str) -> list[str]:
    return [words(node) for node in tree.findall(path)]


def test_every_macro_is_on_the_page() -> None:
    source = (TEMPLATES / "layout/macros.html").read_text()
    names = {
        line.split("macro ")[1].split("(")[0] for line in source.splitlines() if line.startswith("{% macro ")
    }
    missing = {name for name in names if f"m.{name}(" not in EVERYTHING}
    # These three stand on pages of their own in test_layout.py; a panel is an h1.
    assert missing == {"flashes", "error_summary", "panel"}


def test_heading(tree: Element) -> None:
    assert texts(tree, ".//h1") == ["Above it Everything"]


def test_tabs_say_which_is_open(tree: Element) -> None:
    links = tree.findall(".//nav[@aria-label='Parts']//a")
    assert [(words(link), link.get("aria-current")) for link in links] == [
        ("Text", "page"),
        ("Match 3", None),
    ]


def test_change_links_say_what_they_change(tree: Element) -> None:
    assert texts(tree, ".//dd[@class='govuk-summary-list__actions']/a") == ["Change day", "Change the time"]


def test_tables_keep_their_meaning_as_cards(tree: Element) -> None:
    table = tree.find(".//table")
    assert table is not None
    assert words(table.find("caption")) == "Seats"
    assert texts(table, ".//th[@scope='col']") == ["Name", "Places"]
    assert texts(table, ".//th[@scope='row']") == ["A", "B"]
    assert [node.get("role") for node in table.iter() if node.tag in {"table", "tr", "td"}] == [
        "table", "row", "row", "cell", "row", "cell",
    ]  # fmt: skip
    labels = table.findall(".//td/span[@aria-hidden='true']")
    assert [words(label) for label in labels] == ["Places", "Places"]


def test_bands_are_words_and_bars(tree: Element) -> None:
    bands = [node for node in tree.iter("span") if (node.get("class") or "").startswith("engage-band ")]
    filled = [
        sum(bar.get("class") == "engage-band__on" for bar in band.iter("{http://www.w3.org/2000/svg}rect"))
        for band in bands
    ]
    assert [words(band) for band in bands] == ["Strong match", "Good match", "Possible match"]
    assert filled == [3, 2, 1]


def test_an_unknown_band_fails(page: Flask) -> None:
    with pytest.raises(Exception, match="excellent"):
        render_template_string('{% from "layout/macros.html" import band %}{{ band("excellent") }}')


def test_cards(tree: Element) -> None:
    cards = tree.findall(".//ul[@aria-label='Cards']/li")
    assert [words(card) for card in cards] == ["T Linked Here Body Below", "Plain Body"]
    assert [card.find(".//a") is not None for card in cards] == [True, False]


def test_the_present_step_is_marked(tree: Element) -> None:
    steps = tree.findall(".//ol[@class='engage-timeline']/li")
    assert [(words(step), step.get("aria-current")) for step in steps] == [
        ("Past May x", None),
        ("Present June", "step"),
        ("Future (to come)", None),
    ]


def test_boards_count(tree: Element) -> None:
    assert texts(tree, ".//section[@class='engage-board__column']") == [
        "Draft : 1 Card text Your turn late",
        "Done : 0 None",
    ]


def test_buttons_that_change_things_post(tree: Element) -> None:
    forms = tree.findall(".//main//form")
    assert [(form.get("method"), form.get("action"), words(form)) for form in forms] == [
        ("post", "/p", "Withdraw the challenge"),
        ("post", "/w", "Give it up in the room"),
        ("post", "/f", "Save"),
    ]
    inputs = [
        (box.get("name"), box.get("value"))
        for box in forms[0].iter("input")
        if box.get("name") != "csrf_token"
    ]
    assert inputs == [("seat", "3")]


def test_what_cannot_be_taken_back_is_opened_first_and_says_what_it_means(tree: Element) -> None:
    (weighed,) = [box for box in tree.findall(".//details") if box.find(".//form[@action='/w']") is not None]
    assert weighed.get("open") is None
    assert words(weighed) == "Give it up in the room…It goes to the next in line. Give it up in the room"


@pytest.mark.parametrize(
    ("page_of", "shown"),
    [
        (Page(1, 1), []),
        (Page(1, 2), ["1", "2", "Next page"]),
        (Page(5, 9), ["Previous page", "1", "⋯", "4", "5", "6", "⋯", "9", "Next page"]),
        (Page(9, 9), ["Previous page", "1", "⋯", "8", "9"]),
        (Page(2, 3), ["Previous page", "1", "2", "3", "Next page"]),
    ],
)
def test_pagination(page: Flask, page_of: Page, shown: list[str]) -> None:
    page.jinja_env.globals["page_url"] = lambda number: f"/list?page={number}"
    html = render_template_string(
        '{% from "layout/macros.html" import pagination %}{{ pagination(p) }}', p=page_of
    )
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    parts = [
        node
        for node in tree.iter()
        if node.tag == "li" or "govuk-pagination__link-title" in (node.get("class") or "")
    ]
    assert [words(part) for part in parts] == shown
    assert [node.get("href") for node in tree.iter("a") if node.get("aria-current")] == (
        [f"/list?page={page_of.page}"] if page_of.pages > 1 else []
    )
