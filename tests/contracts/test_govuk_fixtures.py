"""The component macros give, for the official examples of the vendored version, the official HTML.

So the CSS and JavaScript in ``engage/site/static`` fit the HTML that the macros make, with the loader, strictness and white-space
rules that engage sets up.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import tostring

import html5lib
import pytest
from flask import Flask

from engage.http import assets
from engage.http.templates import configure_templates
from engage.http.widgets import render_component

PROJECT = Path(__file__).resolve().parents[2]
FIXTURES: dict[str, list[dict[str, Any]]] = json.loads(
    gzip.decompress((PROJECT / "tests/data/govuk-frontend-fixtures.json.gz").read_bytes())
)
VENDORED = assets.STATIC / "govuk-frontend"


@pytest.fixture(scope="module")
def app() -> Flask:
    made = Flask("fixtures", template_folder=str(PROJECT / "templates"), static_folder=None)
    assets.init_app(made)
    configure_templates(made)
    return made


def normal(html: str) -> str:
    """Return the DOM of ``html`` with attributes and classes sorted and white space collapsed."""
    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    for node in tree.iter():
        node.text, node.tail = _squeezed(node.text), _squeezed(node.tail)
        pairs = sorted((str(name), " ".join(value.split())) for name, value in node.attrib.items())
        node.attrib.clear()
        node.attrib.update(pairs)
    return tostring(tree, encoding="unicode")


def _squeezed(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip()


@pytest.mark.parametrize("component", sorted(FIXTURES))
def test_examples(app: Flask, component: str) -> None:
    macro = "govuk" + "".join(part.capitalize() for part in component.split("-"))
    with app.app_context():
        different = [
            case["name"]
            for case in FIXTURES[component]
            if normal(render_component(component, macro, case["options"])) != normal(case["html"])
        ]
    assert different == []


def test_every_example_is_there() -> None:
    assert (len(FIXTURES), sum(len(cases) for cases in FIXTURES.values())) == (37, 657)


def test_comparison_sees_a_difference() -> None:
    assert normal('<p class="a  b">x</p>') == normal('<p\nclass="a b"> x </p>')
    assert normal('<p class="a">x</p>') != normal('<p class="b">x</p>')
    assert normal("<p>x</p>") != normal("<p>y</p>")


def test_vendored_files_are_ours_to_serve() -> None:
    css, script = ((VENDORED / f"govuk-frontend.min.{kind}").read_text() for kind in ("css", "js"))
    assert (VENDORED / "VERSION").read_text() == "6.3.0\n"
    assert '--govuk-frontend-version:"6.3.0"' in css
    assert '"6.3.0"' in script
    assert [
        word
        for word in ("GDS Transport", "@font-face", "url(", "crest", "sourceMappingURL")
        if word in css + script
    ] == []
    assert (
        (VENDORED / "LICENSE.txt")
        .read_text()
        .startswith("The MIT License (MIT)\n\nCopyright (C) 2017 Crown Copyright")
    )
    assert sorted(path.name for path in VENDORED.iterdir()) == [
        "LICENSE.txt",
        "VERSION",
        "govuk-frontend.min.css",
        "govuk-frontend.min.js",
    ]
