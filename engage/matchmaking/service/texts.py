"""Rows in the form in which the matching library takes them, and its answers in the form in which they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.codes import cpv_label
from engage.kernel.text import excerpt
from engage.matching import Band, ChallengeText, Document, Evidence, Explanation, SupplierProfile, TermReason
from engage.suppliers.models import Statement, Supplier

ANSWERS = ("expertise", "problem", "questions", "affected", "why_now")
"""The answers that are compared, in this order: a model reads the beginning of a text only."""
WORDS_IN_WHY = 3
LONGEST_TITLE = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A statement as an explanation cites it."""

    title: str
    text: str
    client: str = ""
    dated: date | None = None
    evidence_url: str = ""
    level: str = Evidence.DECLARED.value


def challenge_text(content: Mapping[str, Any], *, published: date | None = None) -> ChallengeText:
    """Return the text of a challenge, frozen at submission, as the matcher reads it.

    ``published`` is the day on which others could first read it.
    """
    return ChallengeText(
        id=content["ref"],
        title=content["title"],
        text="\n".join(content[answer] for answer in ANSWERS if content.get(answer)),
        cpv=tuple(content.get("cpv") or ()),
        published=published,
    )


def published_on(challenge: Challenge) -> date:
    """Return the day on which others could first read the text of ``challenge``.

    Before it is published that is tomorrow at the earliest: nobody has copied it yet.
    """
    if challenge.published_at is None:
        return clock.uk_today() + timedelta(days=1)
    return challenge.published_at.astimezone(clock.UK).date()


def document(statement: Statement) -> Document:
    """Return a statement as the matcher reads it. Every statement has the same weight."""
    return Document(
        id=str(statement.id),
        title=statement.title,
        text=statement.text,
        date=statement.dated,
        cpv=tuple(statement.cpv),
        level=Evidence(statement.level.value),
        recorded=statement.recorded_on,
        expires=statement.expires_on,
    )


def cited(statement: Statement) -> Cited:
    """Return a statement as an explanation cites it."""
    return Cited(
        title=statement.title,
        text=statement.text,
        client=statement.client,
        dated=statement.dated,
        evidence_url=statement.evidence_url,
        level=statement.level.value,
    )


def profile(supplier: Supplier, statements: Iterable[Statement]) -> SupplierProfile:
    """Return a supplier with the statements that count. Size, region and name are not scored."""
    return SupplierProfile(
        id=supplier.ref,
        name=supplier.organisation.name,
        documents=tuple(document(statement) for statement in statements),
        expertise_cpv=tuple(supplier.cpv),
    )


def kept(explanation: Explanation, statements: Mapping[str, Cited]) -> dict[str, Any]:
    """Return an explanation as JSON values, each statement with its words of that day.

    The words are kept so that the reasons can be read as they were, whatever becomes of the profile.
    """
    data = asdict(explanation)
    for reason in data["documents"]:
        statement = statements[reason["document_id"]]
        reason.update(asdict(statement))
        reason["dated"] = statement.dated.isoformat() if statement.dated else None
    return data


def why(explanation: Explanation, statements: Mapping[str, Cited], *, band: Band) -> str:
    """Return the main reason in one line."""
    if not explanation.documents:
        return "No statement comes near this challenge."
    best = explanation.documents[0]
    title = f"“{excerpt(statements[best.document_id].title, length=LONGEST_TITLE)}”"
    if band is Band.NONE:
        return f"{title} comes nearest, but not near."
    words = _listed([f"“{word}”" for word in telling(best.terms)])
    if words and best.semantic > best.lexical:
        return f"{title} is close to the challenge in meaning; both speak of {words}."
    if words:
        return f"{title} shares words with the challenge: {words}."
    if best.semantic > 0:
        return f"{title} is close to the challenge in meaning."
    if best.shared_cpv:
        return f"{title} is about {cpv_label(best.shared_cpv[0]).lower()}, like the challenge."
    return f"{title} comes nearest."


def telling(terms: Sequence[TermReason]) -> list[str]:
    """Return the strongest shared words, leaving out those that a longer one among them contains."""
    found: list[str] = []
    for term in terms:
        parts = set(term.shown.lower().split())
        if term.contribution > 0 and not any(parts & set(word.lower().split()) for word in found):
            found.append(term.shown)
    return found[:WORDS_IN_WHY]


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
