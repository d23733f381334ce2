"""Mail domains: what people type, and what tells no organisation apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from engage.interests.service.domains import (
    PUBLIC_PROVIDERS,
    SHARED_ENDINGS,
    fault_of,
    same_domain,
    tidy_domain,
)


@pytest.mark.parametrize(
    "typed",
    [
        "river.example",
        " River.Example ",
        "ann@river.example",
        "@river.example",
        "https://www.river.example/about",
        "www.river.example",
        "http://river.example:8080",
        "river.example.",
    ],
)
def test_what_people_type_becomes_the_domain(typed: str) -> None:
    assert tidy_domain(typed) == "river.example"
    assert fault_of(tidy_domain(typed)) == ""


@pytest.mark.parametrize(
    "wrong", ["river", "a b.example", "river..example", "-river.example", "%.example", "_.example"]
)
def test_what_is_no_domain_is_refused(wrong: str) -> None:
    assert fault_of(tidy_domain(wrong)).startswith("Enter the part of its addresses after the @")


@pytest.mark.parametrize("shared", sorted(PUBLIC_PROVIDERS | SHARED_ENDINGS))
def test_what_many_share_is_refused_by_name(shared: str) -> None:
    fault = fault_of(shared)
    assert shared in fault or fault.startswith("Enter the part")


def test_below_a_domain_is_the_same_organisation_and_beside_it_is_not() -> None:
    assert same_domain("river.example", "river.example")
    assert same_domain("river.example", "uk.river.example")
    assert not same_domain("river.example", "notriver.example")
    assert not same_domain("uk.river.example", "river.example")


def test_the_document_has_the_same_list() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "interests.md").read_text()
    listed = text.split("when somebody declares one: ")[1].split(". So are endings")[0]
    assert {each.strip() for each in listed.replace("\n", " ").split(",")} == PUBLIC_PROVIDERS
