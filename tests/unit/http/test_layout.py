"""The layout: one h1, landmarks, navigation for each kind of person, error pages that need nothing."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Blueprint, Flask, flash, render_template, render_template_string
from jinja2 import UndefinedError

from engage.http.templates import configure_templates, render_bare
from engage.kernel.actor import Actor, OrganisationKind, Role
from tests.support.html import faults
from tests.unit.http.conftest import TEMPLATES
from tests.unit.http.kitform import EveryField, posted

SIMPLE = """{% extends "layout/base.html" %}
{% block page_title %}A page{% endblock %}
{% block content %}<h1 class="govuk-heading-l">A page</h1>{% endblock %}"""
ERRORS = sorted(path.name for path in (TEMPLATES / "errors").iterdir())


def tree_of(html: str) -> Element:
    assert faults(html) == []
    return html5lib.parse(html, namespaceHTMLElements=False)


def words(node: Element | None) -> str:
    assert node is not None
    return " ".join("".join(node.itertext()).split())


def menu(html: str) -> list[str]:
    found = tree_of(html).find(".//ul[@id='navigation']")
    return [] if found is None else [words(item) for item in found.findall("li")]


def with_rooms(app: Flask) -> Flask:
    """Give the application the endpoints that the layout links to."""
    rooms = {
        "site": ["home", "how_matching_works", "accessibility", "privacy", "dashboard"],
        "challenges": ["index"],
        "accounts": ["sign_in", "sign_out", "account"],
    }
    for room, views in rooms.items():
        blueprint = Blueprint(room, room)
        for view in views:
            blueprint.add_url_rule(f"/{room}/{view}", view, lambda: "", methods=["GET", "POST"])
        app.register_blueprint(blueprint)
    return app


def person(kind: OrganisationKind, role: Role) -> Actor:
    return Actor(
        person_id=1,
        person_name="Amina Yusuf",
        email="amina@example.org",
        membership_id=1,
        organisation_id=1,
        organisation_name="Department of Examples",
        organisation_kind=kind,
        roles=frozenset({role}),
    )


def test_a_page_without_any_room(page: Flask) -> None:
    tree = tree_of(render_template_string(SIMPLE))
    assert words(tree.find(".//title")) == "A page – engage"
    assert [words(node) for node in tree.iter("h1")] == ["A page"]
    skip = tree.find(".//a[@class='govuk-skip-link']")
    assert skip is not None
    main = tree.find(".//main")
    assert main is not None
    assert skip.get("href") == f"#{main.get('id')}"
    assert words(tree.find(".//header//a")) == "engage"
    assert tree.get("lang") == "en"
    assert [tree.find(f".//{landmark}") is None for landmark in ("header", "main", "footer")] == [False] * 3


def test_nothing_official_on_the_neutral_theme(page: Flask) -> None:
    html = render_template_string(SIMPLE)
    assert [word for word in ("GOV.UK", "crown", "Crown", "crest") if word in html] == []


def test_the_official_header_for_those_entitled(app: Flask) -> None:
    configure_templates(app, theme="govuk")
    with app.test_request_context("/"):
        tree = tree_of(render_template_string(SIMPLE))
    assert tree.find(".//{http://www.w3.org/2000/svg}svg[@class='govuk-header__logotype']") is not None
    assert words(tree.find(".//span[@class='govuk-header__product-name']")) == "engage"


def test_the_demo_says_what_it_is(app: Flask) -> None:
    configure_templates(app, demo=True)
    with app.test_request_context("/"):
        tree = tree_of(render_template_string(SIMPLE))
    assert words(tree.find(".//p[@class='govuk-phase-banner__content']")) == (
        "Demo This site shows demonstration data. Nothing you do here commits anyone."
    )


@pytest.mark.parametrize(
    ("actor", "entries"),
    [
        (None, ["Challenges", "How matching works", "Sign in"]),
        (
            person(OrganisationKind.DEPARTMENT, Role.POLICY_AUTHOR),
            ["Dashboard", "Challenges", "How matching works", "Amina Yusuf", "Sign out"],
        ),
        (
            person(OrganisationKind.SUPPLIER, Role.SUPPLIER_ADMIN),
            ["Dashboard", "Challenges", "How matching works", "Amina Yusuf", "Sign out"],
        ),
        (
            person(OrganisationKind.PLATFORM, Role.AUDITOR),
            ["Admin", "Challenges", "How matching works", "Amina Yusuf", "Sign out"],
        ),
    ],
)
def test_menu(app: Flask, actor: Actor | None, entries: list[str]) -> None:
    with with_rooms(app).test_request_context("/"):
        html = render_template_string(SIMPLE, actor=actor)
    assert menu(html) == entries
    assert ("Acting for Department of Examples" in words(tree_of(html))) is (actor is not None)


def test_signing_out_is_a_post(app: Flask) -> None:
    with with_rooms(app).test_request_context("/"):
        html = render_template_string(SIMPLE, actor=person(OrganisationKind.SUPPLIER, Role.SUPPLIER_ADMIN))
    form = tree_of(html).find(".//form")
    assert form is not None
    assert (form.get("method"), form.get("action")) == ("post", "/accounts/sign_out")


@pytest.mark.parametrize(
    ("address", "template", "current"),
    [
        ("/challenges/index", SIMPLE, [("Challenges", "page")]),
        ("/site/how_matching_works", SIMPLE, [("How matching works", "page")]),
        ("/site/privacy", SIMPLE, []),
        ("/site/privacy", '{% set nav_current = "challenges.index" %}' + SIMPLE, [("Challenges", "true")]),
    ],
)
def test_where_one_is(app: Flask, address: str, template: str, current: list[tuple[str, str]]) -> None:
    with with_rooms(app).test_request_context(address):
        tree = tree_of(render_template_string(template))
    marked = [(words(node), node.get("aria-current")) for node in tree.iter("a") if node.get("aria-current")]
    assert marked == current


def test_sidebar_and_back_link(page: Flask) -> None:
    text = SIMPLE.replace(
        "{% block page_title", '{% from "layout/macros.html" import back_link %}{% block page_title'
    )
    text += '{% block back_link %}{{ back_link("/up", "All") }}{% endblock %}{% block sidebar %}<p>Beside</p>{% endblock %}'
    tree = tree_of(render_template_string(text))
    assert words(tree.find(".//main//aside")) == "Beside"
    assert words(tree.find(".//nav[@aria-label='Back']/a")) == "All"
    assert tree_of(render_template_string(SIMPLE)).find(".//aside") is None
    filtered = tree_of(render_template_string("{% set sidebar_first = true %}" + text))
    assert [words(each.find(".//main")) for each in (tree, filtered)] == ["A page Beside", "Beside A page"]


def test_landing_page(page: Flask) -> None:
    text = """{% extends "layout/landing.html" %}{% from "layout/macros.html" import hero_picture %}
    {% block hero %}<h1>Big</h1>{{ hero_picture() }}{% endblock %}{% block content %}<p>Body</p>{% endblock %}"""
    tree = tree_of(render_template_string(text))
    assert words(tree.find(".//main//h1")) == "Big"
    assert words(tree.find(".//main")) == "Big ? Body"


def test_messages_are_shown_once(page: Flask) -> None:
    flash("Saved", "success")
    flash("<b>Careful</b>")
    tree = tree_of(render_template_string(SIMPLE))
    banners = tree.findall(".//main//div[@data-module='govuk-notification-banner']")
    assert [(banner.get("role"), words(banner)) for banner in banners] == [
        ("alert", "Success Saved"),
        ("region", "Important <b>Careful</b>"),
    ]


def test_a_page_with_errors_says_so_in_its_title(app: Flask) -> None:
    form = posted(app, {"other": "x"})
    text = SIMPLE.replace(
        "<h1", '{% from "layout/macros.html" import error_summary %}{{ error_summary(form) }}<h1'
    )
    with app.test_request_context("/"):
        tree = tree_of(render_template_string(text, form=form))
        clean = tree_of(render_template_string(text, form=EveryField()))
    assert words(tree.find(".//title")) == "Error: A page – engage"
    links = tree.findall(".//div[@class='govuk-error-summary']//a")
    assert [(words(link), link.get("href")) for link in links[:2]] == [
        ("Enter a title", "#text"),
        ("Enter words", "#search"),
    ]
    assert words(clean.find(".//title")) == "A page – engage"
    assert clean.find(".//div[@class='govuk-error-summary']") is None


def test_a_whole_form_in_a_page_is_sound(app: Flask) -> None:
    text = """{% extends "layout/base.html" %}{% from "layout/macros.html" import error_summary, post_form %}
    {% block content %}{{ error_summary(form) }}<h1>Form</h1>
    {% call post_form("/x", "wide") %}{% for field in form %}{{ field() }}{% endfor %}{% endcall %}{% endblock %}"""
    for form in (posted(app, {"other": "x"}), posted(app, {})):
        with app.test_request_context("/"):
            node = tree_of(render_template_string(text, form=form)).find(".//form[@action='/x']")
        assert node is not None
        assert (node.get("method"), node.get("class"), node.get("novalidate")) == ("post", "wide", "")


@pytest.mark.parametrize("name", ERRORS)
def test_error_pages(app: Flask, name: str) -> None:
    with with_rooms(app).test_request_context("/"):
        tree = tree_of(render_template(f"errors/{name}"))
        own = tree_of(render_template(f"errors/{name}", message="What exactly was wrong."))
    main = tree.find(".//main")
    assert main is not None
    assert words(main.find(".//h1")) + " – engage" == words(tree.find(".//title"))
    assert [len(words(node)) > 30 for node in main.iter("p")] == [True] * 3
    assert words(main.findall(".//p")[-1]) == "See the challenges that are open now"
    assert [words(node) for node in own.iter("p") if words(node) == "What exactly was wrong."] == [
        "What exactly was wrong."
    ]


def test_there_is_a_page_for_each_code() -> None:
    codes = (400, 403, 404, 405, 409, 413, 422, 429, 500, 503)
    assert [f"{code}.html" for code in codes] == ERRORS


def test_the_worst_error_pages_need_neither_database_nor_session(app: Flask) -> None:
    asked = []

    @app.context_processor
    def broken() -> dict[str, Any]:
        asked.append(True)
        raise RuntimeError("the database is away")

    with with_rooms(app).test_request_context("/"):
        pages = [render_bare(f"errors/{code}.html", message="") for code in (500, 503)]
        with pytest.raises(RuntimeError):
            render_template("errors/500.html")
    assert [menu(html) for html in pages] == [["Challenges", "How matching works", "Sign in"]] * 2
    assert len(asked) == 1


def test_misspelt_names_fail(page: Flask) -> None:
    for text in ("{{ nothing }}", "{% if nothing %}{% endif %}", "{{ ''.nothing }}"):
        with pytest.raises(UndefinedError):
            render_template_string(text)
