"""How much speaks for a procurement having followed from a challenge. Pure: two values in, a number and reasons out.

A rule, not a model: who buys counts most, then what is bought (CPV), then the words of the titles. The weights are
set by hand so that no single thing but an identifier in the notice itself is enough, and that a person who reads
the reasons can follow the number.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from engage.kernel.codes import cpv_label
from engage.matching.text import telling_words, words

SAME_ID = 0.45
SAME_NAME = 0.35
CPV_WITHIN = 0.25
CPV_GROUP = 0.15
CPV_DIVISION = 0.04
TITLE = 0.3
ENOUGH = 0.5
"""From this score on a link is proposed."""
GROUP = 3
DIVISION = 2


@dataclass(frozen=True, kw_only=True)
class Engagement:
    """What is compared of a challenge."""

    title: str
    buyer_key: str
    buyer_ids: Collection[str]
    cpv: Sequence[str]
    ocid: str
    since: date
    """Only what was published on this day or later can have followed."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What is compared of a notice."""

    title: str
    buyer_name: str
    buyer_key: str
    buyer_ids: Collection[str]
    cpv: Sequence[str]
    related: Collection[str]
    day: date


@dataclass(frozen=True)
class Likeness:
    """A score from 0 to 1, and what speaks for it in sentences."""

    score: float
    reasons: Sequence[str]


def likeness(engagement: Engagement, published: Published) -> Likeness:
    """Compare a challenge with one notice. What was published before the challenge has nothing in common with it."""
    if published.day < engagement.since:
        return Likeness(0.0, [])
    if engagement.ocid and engagement.ocid in published.related:
        return Likeness(
            1.0, [f"The notice itself names {engagement.ocid}, the identifier of this engagement."]
        )
    parts = [
        part
        for part in (
            _buyer(engagement, published),
            _cpv(engagement, published),
            _title(engagement, published),
        )
        if part
    ]
    return Likeness(round(sum(score for score, _ in parts), 3), [reason for _, reason in parts])


def _buyer(engagement: Engagement, published: Published) -> tuple[float, str] | None:
    shared = sorted(set(engagement.buyer_ids) & set(published.buyer_ids))
    if shared:
        return SAME_ID, f"The same buyer: {published.buyer_name} ({shared[0]})."
    if engagement.buyer_key and engagement.buyer_key == published.buyer_key:
        return SAME_NAME, f"A buyer of the same name: {published.buyer_name}."
    return None


def _cpv(engagement: Engagement, published: Published) -> tuple[float, str] | None:
    best: tuple[float, str] | None = None
    for own in engagement.cpv:
        for code in published.cpv:
            weight = _near(own, code)
            if weight and (best is None or weight > best[0]):
                said = f"{code} {cpv_label(code)}"
                text = (
                    f"The same CPV code: {said}."
                    if own == code
                    else f"Near CPV codes: {own} here, {said} there."
                )
                best = weight, text
    return best


def _near(one: str, other: str) -> float:
    first, second = _significant(one), _significant(other)
    if first.startswith(second) or second.startswith(first):
        return CPV_WITHIN if min(len(first), len(second)) >= GROUP else CPV_DIVISION
    if one[:GROUP] == other[:GROUP]:
        return CPV_GROUP
    return CPV_DIVISION if one[:DIVISION] == other[:DIVISION] else 0.0


def _significant(code: str) -> str:
    return code[:DIVISION] + code[DIVISION:].rstrip("0")


def _title(engagement: Engagement, published: Published) -> tuple[float, str] | None:
    """Compare titles by the words that tell something: the share of the shorter title found in the other."""
    own, other = _telling(engagement.title), _telling(published.title)
    shared = [word for word in own if word in set(other)]
    if not shared or len(shared) == 1 < min(len(own), len(other)):
        return None
    share = len(shared) / max(1, (len(own) + len(other)) / 2)
    return TITLE * min(1.0, share), f"Words in both titles: {', '.join(shared)}."


def _telling(title: str) -> list[str]:
    return list(dict.fromkeys(telling_words(title) or words(title)))
