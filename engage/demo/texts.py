"""The texts of the demo: challenges from real notices with their answers, suppliers real and made up, happenings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.enums.questions import ANSWERS
from engage.kernel.codes import cpv_code
from engage.suppliers.service import StatementText, SupplierRecord, parse_supplier

LIVE = "live"
"""Marks the challenge that is not loaded: ``engage demo --once`` walks it through before your eyes."""
_ADDRESS = re.compile(r"\s*\(https?://[^)\s]+\)")
_ENTRY = re.compile(r"[•*–-]|\d+[.)]?\s|Lot \d")


@dataclass(frozen=True, kw_only=True)
class ChallengeSource:
    """One challenge of the demo: a real notice, and what the demo adds to it. Days are counted from today."""

    id: str
    title: str
    state: ChallengeState | None
    """Where it stands at the end; ``None`` for the one that is kept for the live walk."""
    department: str | None
    """The organisation of the notice, by name; ``None`` for challenges of the demo department."""
    identifier: tuple[str, str] | None
    published_day: int | None
    closes_day: int
    answers: Mapping[str, Any]
    """By column, complete but for ``closes_on``."""
    reason: str
    """Why changes were asked for, or why it was withdrawn."""
    source: str
    """Where the text comes from, with its licence."""

    def complete(self, today: date) -> dict[str, Any]:
        """Return the answers as they are typed in, with the closing date."""
        return {**self.answers, "closes_on": today + timedelta(days=self.closes_day)}


@dataclass(frozen=True, kw_only=True)
class InventedSupplier:
    """A supplier that does not exist, with people and statements that were written for the demo."""

    key: str
    name: str
    identifier: tuple[str, str]
    people: Sequence[Mapping[str, Any]]
    pending: bool
    profile: Mapping[str, Any]
    statements: Sequence[StatementText]


@cache
def challenges() -> tuple[ChallengeSource, ...]:
    """Return every challenge of the demo, in the order of the file."""
    notices = {notice["id"]: notice for notice in _lines("challenges.jsonl")}
    return tuple(_challenge(answers, notices[answers["id"]]) for answers in _lines("answers.jsonl"))


@cache
def suppliers() -> tuple[SupplierRecord, ...]:
    """Return the real suppliers."""
    return tuple(parse_supplier(record) for record in _lines("suppliers.jsonl"))


@cache
def invented() -> tuple[InventedSupplier, ...]:
    """Return the suppliers that were made up."""
    return tuple(_invented(record) for record in _lines("invented.jsonl"))


@cache
def happenings() -> Mapping[str, Mapping[str, Any]]:
    """Return what happens to each challenge after publication, by its id."""
    found: Mapping[str, Mapping[str, Any]] = json.loads(_read("happenings.json"))
    return found


@cache
def lawful() -> Mapping[str, Any]:
    """Return what makes the demo's engagements lawful: notices, steps, what was told elsewhere, changes, interests."""
    found: Mapping[str, Any] = json.loads(_read("lawful.json"))
    return found


@cache
def around() -> Mapping[str, Any]:
    """Return what stands around the sessions of one challenge: needs, files, feedback."""
    found: Mapping[str, Any] = json.loads(_read("around.json"))
    return found


def live() -> ChallengeSource:
    """Return the challenge that is kept for the live walk."""
    return next(source for source in challenges() if source.state is None)


def problem(text: str, paragraphs: Sequence[int] = (), *, words: int = ANSWERS["problem"].words) -> str:
    """Return the problem as the notice tells it: the chosen paragraphs (counted from 1; none chosen: all).

    Lines that a notice breaks in the middle of a sentence are joined, lists keep their lines, addresses in
    brackets go; what is longer than ``words`` is cut at the end of a sentence.
    """
    parts = [_unwrapped(part) for part in re.split(r"\n\s*\n", _ADDRESS.sub("", text).strip())]
    kept = "\n\n".join(parts[number - 1] for number in paragraphs) if paragraphs else "\n\n".join(parts)
    if len(kept.split()) <= words:
        return kept
    cut = " ".join(kept.split()[:words])
    return cut[: max(cut.rfind(end) for end in (". ", "? ", "! ")) + 1]


def _unwrapped(paragraph: str) -> str:
    """Join the lines of a paragraph, except before what looks like an entry of a list or follows one."""
    text, listing = "", False
    for line in paragraph.splitlines():
        clean = re.sub(r"\s+", " ", line).strip(" \u200b")
        entry = bool(_ENTRY.match(clean))
        if clean:
            apart = entry or (listing and clean[0].isupper())
            text += ("\n" if apart else " ") + re.sub(r"^[•*]\s*", "- ", clean)
            listing = entry or (listing and not apart)
    return text.strip()


def _challenge(answers: Mapping[str, Any], notice: Mapping[str, Any]) -> ChallengeSource:
    own = answers["owner"] == "own"
    scheme, _, number = notice["organisation"].get("id", "").rpartition("-")
    route = answers.get("route")
    return ChallengeSource(
        id=answers["id"],
        title=answers["title"],
        state=None if answers["state"] == LIVE else ChallengeState(answers["state"]),
        department=notice["organisation"]["name"] if own else None,
        identifier=(scheme, number) if own and scheme else None,
        published_day=-answers["published_days_ago"] if "published_days_ago" in answers else None,
        closes_day=answers["closes_in_days"],
        answers={
            **answers["answers"],
            "problem": problem(notice["text"], answers.get("paragraphs", ())),
            "cpv": [cpv_code(each["code"]) for each in notice["cpv"]],
            "region": answers.get("region"),
            "route": Route(route) if route else None,
            "purposes": [EngagementPurpose(each) for each in answers.get("purposes", ())],
            "route_reason": answers.get("route_reason", ""),
        },
        reason=answers.get("reasons") or answers.get("reason") or "",
        source=_credit(notice),
    )


_LICENCES = {
    "OGL-3.0": "Open Government Licence v3.0",
    "EU-reuse-2011/833/EU": "© European Union, reuse under Decision 2011/833/EU",
}


def _credit(notice: Mapping[str, Any]) -> str:
    day = f", {notice['published']}" if notice.get("published") else ""
    licence = _LICENCES.get(notice["licence"], notice["licence"])
    return f"“{notice['title']}”, {notice['organisation']['name']} ({notice['source']}{day}), shortened. {licence}."


def _invented(record: Mapping[str, Any]) -> InventedSupplier:
    scheme, number = record["identifier"]
    return InventedSupplier(
        key=record["key"],
        name=record["name"],
        identifier=(scheme, number),
        people=record["people"],
        pending=record.get("state") == "pending",
        profile=record,
        statements=[
            StatementText(
                title=each["title"],
                text=each["text"],
                client=each["client"],
                dated=date.fromisoformat(each["dated"]),
                cpv=each["cpv"],
            )
            for each in record["statements"]
        ],
    )


def _lines(name: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in _read(name).splitlines())


def _read(name: str) -> str:
    return (resources.files("engage.demo") / "data" / name).read_text("utf-8")
