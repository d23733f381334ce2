"""Every field: label, hint, error message, what describes it, and where the error summary leads."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask
from wtforms import Form as PlainForm
from wtforms.validators import Length, Optional

from engage.http.errorlist import error_list
from engage.http.forms import CharacterCountField, MaxWords, TextField
from tests.unit.http.kitform import CHOICES, FIELDS, GOOD, EveryField, posted

INPUTS = {"input", "select", "textarea"}
GROUPS = {"radios", "boxes", "day"}


def dom(html: str) -> Element:
    tree: Element = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return tree


def by_id(tree: Element, name: str) -> Element:
    found = [node for node in tree.iter() if node.get("id") == name]
    assert len(found) == 1, f"{len(found)} elements with id {name}"
    return found[0]


def words(node: Element) -> str:
    return " ".join("".join(node.itertext()).split())


def descriptions(tree: Element, field: Any) -> list[str]:
    """Return the texts that describe a field to people who cannot see it, in order."""
    node = (
        tree.find(".//fieldset")
        if field.name in GROUPS
        else next(each for each in tree.iter() if each.tag in INPUTS and each.get("id") == field.id)
    )
    assert node is not None
    return [words(by_id(tree, name)) for name in (node.get("aria-describedby") or "").split()]


@pytest.mark.parametrize("name", FIELDS)
def test_without_errors(page: Flask, name: str) -> None:
    field = EveryField()[name]
    tree = dom(str(field()))
    limit = ["You can enter up to 5 words"] if name == "count" else []
    assert descriptions(tree, field) == [*limit, field.description]
    label = tree.find(".//legend") if name in GROUPS else tree.find(f".//label[@for='{field.id}']")
    assert label is not None
    assert words(label) == field.label.text
    assert "govuk-error-message" not in str(field())


@pytest.mark.parametrize("name", FIELDS)
def test_with_an_error(app: Flask, name: str) -> None:
    form = posted(app, {"other": "x"})
    with app.test_request_context("/"):
        tree = dom(str(form[name]()))
    message = form[name].errors[0]
    limit = ["You can enter up to 5 words"] if name == "count" else []
    expected = [*limit, form[name].description, f"Error: {message}"]
    # The hint of a single box belongs to the box, so it is read after the error of the group.
    assert descriptions(tree, form[name]) == (expected[::-1] if name == "agree" else expected)
    problem = next(each for each in error_list(form) if each.text == message)
    assert by_id(tree, problem.href.removeprefix("#")).tag in INPUTS


@pytest.mark.parametrize("name", FIELDS)
def test_what_was_sent_is_shown_again_except_passwords(app: Flask, name: str) -> None:
    form = posted(app, {**GOOD, "text": ""})
    with app.test_request_context("/"):
        tree = dom(str(form[name]()))
    shown = [
        words(node) if node.tag in {"textarea", "option"} else node.get("value")
        for node in tree.iter()
        if node.tag == "textarea"
        or (node.tag == "option" and node.get("selected") is not None)
        or (
            node.tag == "input"
            and (node.get("type") not in {"radio", "checkbox"} or node.get("checked") is not None)
        )
    ]
    expected: dict[str, list[str]] = {
        "text": [""],
        "search": ["bus"],
        "email": ["a@b.example"],
        "password": [""],
        "area": ["one two"],
        "count": ["one two three four five"],
        "lines": ["a b c"],
        "number": ["1200"],
        "select": ["Second"],
        "radios": ["a"],
        "boxes": ["a", "b"],
        "day": ["27", "March", "2027"],
        "clock": ["2:30pm"],
        "agree": ["y"],
    }
    assert [text or "" for text in shown] == expected[name]


@pytest.mark.parametrize("name", ["text", "area", "select"])
def test_label_as_heading(page: Flask, name: str) -> None:
    tree = dom(str(EveryField()[name](label_as_heading=True)))
    heading = tree.find(".//h1/label")
    assert heading is not None
    assert (heading.get("for"), heading.get("class")) == (name, "govuk-label govuk-label--l")


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_legend_as_heading(page: Flask, name: str) -> None:
    tree = dom(str(EveryField()[name](label_as_heading=True)))
    heading = tree.find(".//legend/h1")
    assert heading is not None
    assert words(heading) == EveryField()[name].label.text


def test_options_of_the_template_win(page: Flask) -> None:
    form = EveryField()
    html = str(form.text(hint="Another", width=20, label="Name", label_hidden=True, autocomplete="name"))
    tree = dom(html)
    box = by_id(tree, "text")
    assert (box.get("class"), box.get("autocomplete")) == ("govuk-input govuk-input--width-20", "name")
    assert words(by_id(tree, "text-hint")) == "Another"
    label = tree.find(".//label")
    assert label is not None
    assert (words(label), label.get("class")) == ("Name", "govuk-label govuk-visually-hidden")
    assert "govuk-radios--inline" in str(form.radios(inline=True))
    assert "govuk-checkboxes--small" in str(form.boxes(small=True))
    assert ">people<" in str(form.number(suffix={"text": "people"})).replace("\n", "")


def test_only_wrong_parts_of_a_date_are_marked(app: Flask) -> None:
    form = posted(app, {**GOOD, "day-month": "", "day-year": "2027"})
    with app.test_request_context("/"):
        tree = dom(str(form.day()))
    marked = [
        node.get("id") for node in tree.iter("input") if "govuk-input--error" in (node.get("class") or "")
    ]
    assert marked == ["day-month"]
    assert [(each.text, each.href) for each in error_list(form)] == [
        ("Closing date must include a month", "#day-month")
    ]


def test_optional_fields_say_so(page: Flask) -> None:
    class Optionals(PlainForm):
        a = TextField("Notes", [Optional()])
        b = TextField("Telephone (optional)", [Optional()])

    form = Optionals()
    labels = [words(next(dom(str(field())).iter("label"))) for field in form]
    assert labels == ["Notes (optional)", "Telephone (optional)"]


def test_counting_fields_take_their_limit_from_validators(page: Flask) -> None:
    class Counting(PlainForm):
        a = CharacterCountField("A", [MaxWords(150)])
        b = CharacterCountField("B", [Length(max=2000)])
        c = CharacterCountField("C")

    form = Counting()
    assert 'data-maxwords="150"' in str(form.a())
    assert 'data-maxlength="2000"' in str(form.b())
    with pytest.raises(TypeError, match="c counts, so it needs"):
        form.c()


def test_what_people_type_is_escaped(app: Flask) -> None:
    nasty = '"><script>alert(1)</script>'
    form = posted(
        app, {**GOOD, "text": nasty, "area": nasty, "count": nasty, "day-day": nasty, "clock": nasty}
    )
    with app.test_request_context("/"):
        html = "".join(str(form[name]()) for name in ("text", "area", "count", "day", "clock"))
    tree = dom(html)
    assert list(tree.iter("script")) == []
    assert by_id(tree, "text").get("value") == nasty


def test_hints_of_single_choices(page: Flask) -> None:
    form = EveryField()
    form.radios.choices = [(1, "One"), *CHOICES]
    tree = dom(str(form.radios()))
    boxes = list(tree.iter("input"))
    assert [box.get("value") for box in boxes] == ["1", "a", "b"]
    described = boxes[1].get("aria-describedby")
    assert described is not None
    assert words(by_id(tree, described)) == "The first of all"


def test_submit_button(page: Flask) -> None:
    button = dom(str(EveryField().save())).find(".//button")
    assert button is not None
    assert (words(button), button.get("name"), button.get("type")) == ("Save", "save", "submit")
