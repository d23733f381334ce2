"""Putting the answers of two people together, answer by answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engage.challenges.enums.questions import Answer, Kind, Question, revived
from engage.kernel.wording import merge

PROSE = {Kind.LINE, Kind.SENTENCE, Kind.TEXT}
LISTS = {Kind.CODES, Kind.PURPOSES}


@dataclass(frozen=True)
class Parting:
    """One answer that two people started from, what each made of it, and what could become of both.

    ``base``, ``theirs`` and ``yours`` are JSON values; ``proposed`` is as the column holds it. ``clean`` tells
    that the two never touched the same words.
    """

    answer: Answer
    base: Any
    theirs: Any
    yours: Any
    proposed: Any
    clean: bool


def partings(
    question: Question, *, base: Mapping[str, Any], theirs: Mapping[str, Any], yours: Mapping[str, Any]
) -> Sequence[Parting]:
    """Return each answer of ``question`` as both wrote it, with a proposal; what is missing counts as empty.

    Texts are put together word by word, lists item by item; of two single choices the writer's own is
    proposed.
    """
    return [
        _parting(answer, *(each.get(answer.field) for each in (base, theirs, yours)))
        for answer in question.answers
    ]


def _parting(answer: Answer, base: Any, theirs: Any, yours: Any) -> Parting:
    if yours in (base, theirs):
        proposed, clean = theirs, True
    elif theirs == base:
        proposed, clean = yours, True
    elif answer.kind in PROSE:
        merged = merge(base or "", theirs or "", yours or "")
        proposed, clean = merged.text, merged.clean
    elif answer.kind in LISTS:
        proposed, clean = _items(base or [], theirs or [], yours or []), True
    else:
        proposed, clean = yours, False
    return Parting(answer, base, theirs, yours, revived(answer, proposed), clean)


def _items(base: Sequence[str], theirs: Sequence[str], yours: Sequence[str]) -> list[str]:
    """Return what either added and neither took out, in the order of theirs."""
    gone = {item for item in base if item not in theirs or item not in yours}
    return [item for item in dict.fromkeys([*theirs, *yours]) if item not in gone]
