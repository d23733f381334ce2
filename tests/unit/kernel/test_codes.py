"""CPV codes and regions as people and files write them."""

from __future__ import annotations

import re

import pytest

from engage.kernel import codes


@pytest.mark.parametrize("text", ["72000000", "72000000-5", "72", "7200", " 72000000 "])
def test_a_code_may_be_written_in_several_ways(text: str) -> None:
    assert codes.cpv_code(text) == "72000000"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("software", "“software” is no CPV code: write 8 digits, like 72000000."),
        ("72999999", "72999999 is not in the CPV 2008 list."),
        ("72000000-4", "72000000-4 has a wrong check digit: did you mean 72000000-5?"),
    ],
)
def test_what_is_no_code_is_said_with_the_mend(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        codes.cpv_code(text)


def test_labels() -> None:
    assert codes.cpv_label("80310000") == "Youth education services"
    assert codes.cpv_label("80310000-0") == "Youth education services"
    assert codes.cpv_label("12345678") == "12345678"


def test_overlap_keeps_what_lies_within() -> None:
    held = ["72212517", "72000000", "80310000"]
    assert codes.cpv_overlap(held, ["72000000"]) == ("72212517", "72000000")
    assert codes.cpv_overlap(held, ["72212517"]) == ("72212517",)
    assert codes.cpv_overlap(["70000000", "71000000"], ["70000000"]) == ("70000000",)
    assert codes.cpv_overlap(held, []) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("London", ("TLI",)),
        ("london, WALES", ("TLI", "TLL")),
        ("Yorkshire and the Humber", ("TLE",)),
        ("UKI4", ("TLI",)),
        ("TLM65", ("TLM",)),
        ("", ()),
        ("England", ("TLC", "TLD", "TLE", "TLF", "TLG", "TLH", "TLI", "TLJ", "TLK")),
        ("Any region", tuple(codes.REGIONS)),
    ],
)
def test_regions_by_name_or_code(text: str, found: tuple[str, ...]) -> None:
    assert codes.region_codes(text) == found


def test_an_unknown_region_is_named() -> None:
    with pytest.raises(ValueError, match="“Atlantis” is no region: use one of North East, North West,"):
        codes.region_codes("London, Atlantis")


def test_regions_in_words() -> None:
    assert codes.region_names(["TLI", "TLC"]) == "North East, London"
    assert codes.region_names(codes.REGIONS) == "United Kingdom"
    assert codes.region_names(codes.region_codes("England")) == "England"
    assert codes.region_names([]) == ""
