"""Why a supplier was invited, in the words of the match run that chose it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engage.kernel.errors import NotFound
from engage.matching import Band
from engage.matchmaking import queries as matchmaking
from engage.matchmaking.models import Invitation

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


@dataclass(frozen=True)
class Why:
    """How well a supplier fits and why; nothing about anyone else."""

    band: Band
    summary: str
    reasons: Sequence[Reason]


def why(session: Session, *, invitation: Invitation) -> Why | None:
    """Return why the supplier was invited, or ``None`` when it volunteered and no run chose it."""
    if invitation.run_id is None:
        return None
    try:
        found = matchmaking.candidate(session, run_id=invitation.run_id, supplier_ref=invitation.supplier.ref)
    except NotFound:
        return None
    documents = found.explanation.get("documents", [])[:STATEMENTS]
    return Why(band=found.band, summary=found.why, reasons=[_reason(each) for each in documents])


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
