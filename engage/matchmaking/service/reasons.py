"""A supplier's own reasons in a match: its statements that counted, the sentences and the shared words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

STATEMENTS = 3
WORDS = 5
PASSAGES = 2


@dataclass(frozen=True)
class Piece:
    """A stretch of text; ``matches`` when its words stand in the challenge too."""

    text: str
    matches: bool


@dataclass(frozen=True)
class Reason:
    """One of the supplier's statements that counted, as it read on the day of the match."""

    title: str
    client: str
    dated: date | None
    words: Sequence[str]
    """Words found in the challenge too, strongest first."""
    quotes: Sequence[Sequence[Piece]]


def own_reasons(explanation: Mapping[str, Any]) -> list[Reason]:
    """Return the statements that counted, best first, from what a candidate keeps as its explanation.

    Scores are left out: they mean nothing without those of others. Nothing about anyone else is in it.
    """
    return [_reason(each) for each in explanation.get("documents", [])[:STATEMENTS]]


def _reason(document: Mapping[str, Any]) -> Reason:
    words = [term["shown"] for term in document["terms"] if term["contribution"] > 0][:WORDS]
    strongest = sorted(document["passages"], key=lambda each: -each["strength"])[:PASSAGES]
    in_order = sorted(strongest, key=lambda each: (each["field"], each["start"]))
    texts = [
        document[each["field"]][each["start"] : each["end"]] for each in in_order if each["field"] == "text"
    ]
    return Reason(
        title=document["title"],
        client=document["client"],
        dated=date.fromisoformat(document["dated"]) if document["dated"] else None,
        words=words,
        quotes=[pieces(text, words) for text in texts],
    )


def pieces(text: str, words: Sequence[str]) -> list[Piece]:
    """Return ``text`` cut where one of ``words`` stands, so that a page can mark it."""
    if not words:
        return [Piece(text, matches=False)]
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(re.escape(word) for word in longest_first)
    parts = re.split(rf"(?<!\w)({pattern})(?!\w)", text, flags=re.IGNORECASE)
    return [Piece(part, matches=bool(place % 2)) for place, part in enumerate(parts) if part]
