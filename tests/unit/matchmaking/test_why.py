"""The main reason in one line."""

from __future__ import annotations

from engage.matching import TermReason
from engage.matchmaking.enums import Confidence
from engage.matchmaking.service.texts import telling


def term(shown: str, contribution: float = 1.0) -> TermReason:
    return TermReason(term=shown.lower(), shown=shown, contribution=contribution)


def test_the_strongest_words_without_parts_of_each_other() -> None:
    found = telling(
        [term("flood warning"), term("flood"), term("Warning"), term("gauges"), term("river"), term("town")]
    )
    assert found == ["flood warning", "gauges", "river"]


def test_words_that_speak_against_are_no_reason() -> None:
    assert telling([term("river", 0.0), term("gauges", -0.5)]) == []


def test_confidence_counts_statements() -> None:
    assert [Confidence.of(number).value for number in (1, 2, 3, 4, 9)] == [
        "low",
        "medium",
        "medium",
        "high",
        "high",
    ]
