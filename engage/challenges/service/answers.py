"""Checking answers: what may stand in each column, wherever the answers come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from engage.challenges.enums import EngagementPurpose, Route
from engage.challenges.enums.questions import ANSWERS, Answer, Kind
from engage.kernel import codes
from engage.kernel.errors import Invalid

LONGEST_WORD = 15
"""Characters a word may have on average: what has no spaces must end too."""
MOST_CODES = 20


def checked(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``answers`` (by column) as they are kept: ends stripped, codes in one form, no doubles.

    Raises ``Invalid`` with a message for each answer that cannot stand, and for names that are no answer.
    An empty answer is fine, except an empty title: what is missing is asked for at submission.
    """
    wrong: dict[str, str] = {}
    kept: dict[str, Any] = {}
    for field, value in answers.items():
        try:
            kept[field] = _CHECKS[ANSWERS[field].kind](ANSWERS[field], value)
        except KeyError:
            wrong[field] = f"There is no question “{field}”"
        except ValueError as problem:
            wrong[field] = str(problem)
    if wrong:
        raise Invalid(wrong)
    return kept


def _words(answer: Answer, value: str | None) -> str:
    text = (value or "").strip()
    if len(text.split()) > answer.words:
        raise ValueError(f"{answer.name} must be {answer.words:,} words or fewer")
    if len(text) > answer.words * LONGEST_WORD:
        raise ValueError(f"{answer.name} must be {answer.words * LONGEST_WORD:,} characters or fewer")
    return text


def _line(answer: Answer, value: str | None) -> str:
    text = " ".join(_words(answer, value).split())
    if answer.field == "title" and not text:
        raise ValueError(answer.missing)
    return text


def _codes(answer: Answer, value: list[str] | None) -> list[str]:
    found = list(dict.fromkeys(codes.cpv_code(each) for each in value or []))
    if len(found) > MOST_CODES:
        raise ValueError(f"{answer.name} must be {MOST_CODES} or fewer: keep those that say most")
    return found


def _region(_answer: Answer, value: str | None) -> str | None:
    if value and value not in codes.REGIONS:
        raise ValueError("Choose a region from the list")
    return value or None


def _date(_answer: Answer, value: date | None) -> date | None:
    return value


def _route(_answer: Answer, value: str | None) -> Route | None:
    return Route(value) if value else None


def _purposes(_answer: Answer, value: list[str] | None) -> list[str]:
    chosen = {EngagementPurpose(each) for each in value or []}
    return [purpose.value for purpose in EngagementPurpose if purpose in chosen]


_CHECKS: dict[Kind, Callable[[Answer, Any], Any]] = {
    Kind.TEXT: _words,
    Kind.LINE: _line,
    Kind.SENTENCE: _line,
    Kind.CODES: _codes,
    Kind.REGION: _region,
    Kind.DATE: _date,
    Kind.ROUTE: _route,
    Kind.PURPOSES: _purposes,
}
