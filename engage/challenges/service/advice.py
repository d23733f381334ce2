"""Advice on the words of an answer: products, solutions and procurements named too early. It never blocks anything.

The words stand in ``engage/challenges/data/advice.toml``, each rule with its source.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from engage.challenges.enums import Route
from engage.challenges.enums.questions import ANSWERS, Answer, Kind

PROCUREMENT = "procurement"
MOST_FOUND = 6
"""So many words are quoted of one rule: the point is made by then."""


@dataclass(frozen=True)
class Rule:
    """One kind of words to look at again: where it is looked for, what is advised, and on whose authority."""

    id: str
    title: str
    advice: str
    source: str
    url: str
    answers: frozenset[str]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Advice:
    """What one rule found in one answer; ``words`` as they stand there, each once."""

    answer: Answer
    rule: Rule
    words: Sequence[str]


@lru_cache(maxsize=1)
def rules() -> Sequence[Rule]:
    """Return the rules of the list that is maintained as data."""
    text = resources.files("engage.challenges").joinpath("data/advice.toml").read_text(encoding="utf-8")
    return [_rule(each) for each in tomllib.loads(text)["rule"]]


def advise(content: Mapping[str, Any]) -> Sequence[Advice]:
    """Return advice on a text (``Challenge.content`` or a version's), by question, then by rule.

    Words of procurement are fine once the text says that a purchase is in view. Linear in the length of the text.
    """
    buying = content.get("route") == Route.PRELIMINARY_MARKET_ENGAGEMENT
    found = []
    for answer in ANSWERS.values():
        if answer.kind not in {Kind.LINE, Kind.TEXT} or not content.get(answer.field):
            continue
        for rule in rules():
            if answer.field not in rule.answers or (buying and rule.id == PROCUREMENT):
                continue
            words = _found(rule, str(content[answer.field]))
            if words:
                found.append(Advice(answer, rule, words))
    return found


def _found(rule: Rule, text: str) -> Sequence[str]:
    words: dict[str, str] = {}
    for match in rule.pattern.finditer(text):
        words.setdefault(match.group().strip().casefold(), match.group().strip())
    return list(words.values())[:MOST_FOUND]


def _rule(data: Mapping[str, Any]) -> Rule:
    patterns = list(data["patterns"])
    if data["words"]:
        words = "|".join(re.escape(word) for word in sorted(data["words"], key=len, reverse=True))
        ending = "" if data["case"] else "(?:e?s)?"
        patterns.append(rf"(?<![\w@/.-])(?:{words}){ending}(?![\w@/-])")
    return Rule(
        id=data["id"],
        title=data["title"],
        advice=data["advice"],
        source=data["source"],
        url=data["url"],
        answers=frozenset(data["answers"]),
        pattern=re.compile("|".join(patterns), re.NOFLAG if data["case"] else re.IGNORECASE),
    )
