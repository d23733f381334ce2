"""Challenges from a file: each becomes a draft of its department, for an author to finish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.models import Challenge
from engage.challenges.service.answers import checked
from engage.challenges.service.drafting import create_draft
from engage.kernel.actor import Actor
from engage.kernel.codes import cpv_code, region_codes
from engage.kernel.errors import Invalid
from engage.kernel.text import one_line

LONGEST_ID = 100
_KEYS = frozenset({"id", "title", "text", "cpv", "department", "organisation", "region", "source", "licence"})
_IGNORED = frozenset({"stage", "published", "notice_reference", "awarded_supplier_ids"})


@dataclass(frozen=True, kw_only=True)
class ChallengeRecord:
    """One challenge of a file, checked; ``answers`` by column."""

    source_ref: str
    title: str
    department: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""


def parse_challenge(data: object) -> ChallengeRecord:
    """Check one record (an object of challenges.jsonl) and return it.

    Raises ``Invalid`` with a message for each wrong field.
    """
    if not isinstance(data, Mapping):
        raise Invalid({"record": "must be an object with id, title and text"})
    wrong: dict[str, str] = {}
    unknown = sorted(set(data) - _KEYS - _IGNORED)
    if unknown:
        wrong[unknown[0]] = f"is not a known field; known are {', '.join(sorted(_KEYS))}"
    texts = {key: _text(data, key, wrong) for key in ("id", "title", "text", "region", "source", "licence")}
    for key in ("id", "title", "text"):
        if not texts[key] and key not in wrong:
            wrong[key] = "is missing"
    if len(texts["id"]) > LONGEST_ID:
        wrong["id"] = f"must be {LONGEST_ID} characters or fewer"
    answers = {"problem": texts["text"], "cpv": _cpv(data, wrong), "region": _region(texts["region"], wrong)}
    if not wrong:
        try:
            checked({"title": texts["title"], **answers})
        except Invalid as problem:
            wrong = {"text" if name == "problem" else name: said for name, said in problem.fields.items()}
    if wrong:
        raise Invalid(wrong)
    source = ", ".join(filter(None, (texts["source"], texts["licence"])))
    return ChallengeRecord(
        source_ref=texts["id"],
        title=one_line(texts["title"]),
        department=_department(data),
        answers=answers,
        source=source,
    )


def import_challenge(session: Session, *, actor: Actor, record: ChallengeRecord) -> bool:
    """Make a draft of the actor's department from ``record`` and return whether one was made.

    A challenge that came from the same record before is left alone, whatever its authors have made of it. Side effects
    and errors are those of ``create_draft``.
    """
    known = sa.select(Challenge.id).where(Challenge.source_ref == record.source_ref)
    if session.scalar(known) is not None:
        return False
    made = create_draft(session, actor=actor, title=record.title, answers=record.answers)
    made.source_ref = record.source_ref
    made.source = record.source or None
    session.flush()
    return True


def _text(data: Mapping[str, Any], key: str, wrong: dict[str, str]) -> str:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        wrong[key] = "must be a text"
        return ""
    return (value or "").strip()


def _cpv(data: Mapping[str, Any], wrong: dict[str, str]) -> list[str]:
    value = data.get("cpv") or []
    if not isinstance(value, list):
        wrong["cpv"] = "must be a list"
        return []
    found: dict[str, None] = {}
    for item in value:
        try:
            found[cpv_code(str(item.get("code") if isinstance(item, Mapping) else item))] = None
        except ValueError as problem:
            wrong["cpv"] = str(problem)
    return list(found)


def _region(text: str, wrong: dict[str, str]) -> str | None:
    """Return the one region that ``text`` names; several or none are no region of a challenge."""
    try:
        codes = region_codes(text)
    except ValueError as problem:
        wrong["region"] = str(problem)
        return None
    return codes[0] if len(codes) == 1 else None


def _department(data: Mapping[str, Any]) -> str:
    organisation = data.get("organisation")
    name = organisation.get("name") if isinstance(organisation, Mapping) else None
    return one_line(str(data.get("department") or name or ""))
