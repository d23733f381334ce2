"""Cleaning, words, sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.matching.text import normalise, sentences, spellings, telling_words, terms


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("flo\u200bod", "flood"),
        ("flo\u00adod", "flood"),
        ("\u202edoolf\u202c", "doolf"),
        ("a\U000e0041\U000e0042b", "ab"),
        ("x\ufe0fy\u3164z\u2800", "xyz"),
        ("ﬂood ① ＡＢＣ", "flood 1 ABC"),
        ("one\x00\x07two\r\n\t three\u00a0four", "onetwo three four"),
        ("a\ud800b", "ab"),
        ("z\u0335\u0336\u0337\u0338!", "z\u0335\u0336!"),
        ("caf\u0065\u0301", "café"),
        ("", ""),
        ("  spaces   only between ", "spaces only between"),
    ],
)
def test_a_text_is_read_as_a_person_sees_it(written: str, read: str) -> None:
    assert normalise(written) == read


@given(st.text())
def test_cleaning_a_clean_text_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_words_that_tell_nothing_are_left_out() -> None:
    text = "The supplier's sensors were in use at 3 sites since 2019, ISO27001 certified; a 5G x " + "y" * 41
    assert telling_words(text) == ["supplier", "sensors", "sites", "iso27001", "certified", "5g"]


def test_terms_are_stems_and_pairs_of_neighbours() -> None:
    assert terms("Flood warnings. Warned of floods") == {
        "flood": 2,
        "warn": 2,
        "flood warn": 1,
        "warn warn": 1,
        "warn flood": 1,
    }


def test_a_term_is_shown_as_the_text_first_writes_it() -> None:
    assert spellings("Charities and a charity") == {
        "chariti": "charities",
        "chariti chariti": "charities charity",
    }


def test_sentences_are_spans_of_the_text_as_given() -> None:
    text = (
        "  We build sensors. They cost £3.50 each!\n• Radio; and gauges\n\n---\nDr. no capital follows. so on"
    )
    assert [text[start:end] for start, end in sentences(text)] == [
        "We build sensors.",
        "They cost £3.50 each!",
        "Radio;",
        "and gauges",
        "Dr. no capital follows. so on",
    ]


def test_a_sentence_without_an_end_is_cut() -> None:
    text = "word " * 200
    assert [end - start for start, end in sentences(text)] == [399, 394, 204]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_sentences_lie_in_order_inside_the_text(text: str) -> None:
    last = 0
    for start, end in sentences(text):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        last = end
