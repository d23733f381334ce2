"""A text as people read it: every answer in words, and what differs between two versions of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engage.challenges.enums.questions import (
    ANSWERS,
    FILES,
    PURPOSE_WORDS,
    QUESTIONS,
    ROUTE_WORDS,
    Answer,
    Kind,
    Question,
    applies,
)
from engage.kernel.codes import REGIONS, cpv_label
from engage.kernel.uktime import uk_date
from engage.kernel.wording import Piece, compare

ANYWHERE = "Anywhere in the United Kingdom"


@dataclass(frozen=True)
class Difference:
    """One answer that two texts give differently, as people read it, and word by word."""

    name: str
    before: str
    after: str

    @property
    def pieces(self) -> Sequence[Piece]:
        """What was kept, removed and added."""
        return compare(self.before, self.after)


@dataclass(frozen=True)
class Told:
    """One answer as people read it; ``text`` is empty when it was not given."""

    question: Question
    answer: Answer
    text: str

    @property
    def is_prose(self) -> bool:
        """Whether it is running text, as opposed to a fact."""
        return self.answer.kind is Kind.TEXT

    @property
    def items(self) -> Sequence[str]:
        """The lines of an answer that is a list; empty for any other."""
        lines = (line.strip() for line in self.text.split("\n")) if self.answer.listed else ()
        return [line for line in lines if line]


def told(content: Mapping[str, Any]) -> Sequence[Told]:
    """Return every answer of a text (``Challenge.content`` or a version's) in words, in order."""
    return [
        Told(question, answer, in_words(answer, content.get(answer.field)))
        for question in QUESTIONS
        for answer in question.answers
        if applies(answer, content)
    ]


def in_words(answer: Answer, value: Any) -> str:
    """Return one answer, a JSON value, as people read it; empty when it was not given."""
    if answer.kind is Kind.REGION:
        return REGIONS.get(value or "", ANYWHERE)
    if not value:
        return ""
    if answer.kind is Kind.DATE:
        return uk_date(date.fromisoformat(value))
    if answer.kind is Kind.ROUTE:
        return ROUTE_WORDS[value]
    if answer.kind is Kind.PURPOSES:
        return "\n".join(PURPOSE_WORDS[purpose] for purpose in value)
    if answer.kind is Kind.CODES:
        return "\n".join(f"{code} {cpv_label(code)}" for code in value)
    return str(value)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[Difference]:
    """Return what differs between two texts (``Challenge.content`` or a version's), in the order of the questions."""
    found = [
        Difference(answer.name, in_words(answer, before.get(field)), in_words(answer, after.get(field)))
        for field, answer in ANSWERS.items()
        if before.get(field) != after.get(field)
    ]
    if before.get(FILES, []) != after.get(FILES, []):
        found.append(Difference("Attachments", _names(before), _names(after)))
    return found


def _names(content: Mapping[str, Any]) -> str:
    return "\n".join(f"{each['name']} ({each['sha256'][:12]})" for each in content.get(FILES, []))
