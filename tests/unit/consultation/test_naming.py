"""What names the asker is found, however it is written; what does not is left alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engage.consultation.service import traces

ASKER = {
    "organisation": "Wayfare Analytics Ltd",
    "person": "Aisha Rahman",
    "email": "aisha@wayfare.example",
    "website": "https://www.wayfare-analytics.example/about",
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("May Wayfare Analytics Ltd bid later?", ["Wayfare Analytics Ltd"]),
        ("May WAYFARE  ANALYTICS bid later?", ["WAYFARE  ANALYTICS"]),
        ("Wayfare-Analytics, Ltd. asks", ["Wayfare-Analytics, Ltd"]),
        ("Regards, Aisha Rahman", ["Aisha Rahman"]),
        ("Write to aisha@wayfare.example", ["aisha@wayfare.example"]),
        ("See www.wayfare-analytics.example/data", ["www.wayfare-analytics.example"]),
        ("Write to somebody.else@other.example please", ["somebody.else@other.example"]),
        ("Aisha Rahman of Wayfare Analytics", ["Aisha Rahman", "Wayfare Analytics"]),
        ("Wayfare Analytics and wayfare analytics", ["Wayfare Analytics", "wayfare analytics"]),
    ],
)
def test_what_names_the_asker_is_found(text: str, found: list[str]) -> None:
    assert traces(text, **ASKER) == found


@pytest.mark.parametrize(
    "text",
    [
        "Who does the analytics for wayfarers?",
        "Is the contract published?",
        "A wayfare analyst asks",
        "May limited companies take part?",
        "",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert traces(text, **ASKER) == []


def test_a_short_core_of_a_name_does_not_count_alone() -> None:
    assert traces("An AI model", organisation="AI Ltd", person="Jo Ng", email="jo@gmail.com") == []
    assert traces("AI Ltd asks", organisation="AI Ltd", person="Jo Ng", email="jo@gmail.com") == ["AI Ltd"]


def test_hosts_that_many_share_do_not_name_anyone() -> None:
    assert traces("Does gmail.com work?", organisation="Quay", person="Jo Ng", email="jo@gmail.com") == []


def test_signs_in_names_are_no_patterns() -> None:
    assert traces("C++ (UK) and more", organisation="C++ (UK) Ltd", person="X Y", email="x@y.example") == []
    assert traces("Bram & Sons ask", organisation="Bram & Sons", person="X Y", email="x@y.example") == [
        "Bram & Sons"
    ]


def test_no_text_makes_the_search_slow() -> None:
    """In a process of its own, which can be ended; to start it takes much longer than to search."""
    program = (
        "from engage.consultation.service import traces\n"
        "for piece in ('a', 'a@', 'a.', '@', 'a-', 'a@a.'):\n"
        "    traces(piece * 8_000, organisation='X Ltd', person='A B', email='a@b.example')\n"
        "    print(piece, flush=True)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=60, capture_output=True, text=True
    )
    assert ended.stdout.split() == ["a", "a@", "a.", "@", "a-", "a@a."]
