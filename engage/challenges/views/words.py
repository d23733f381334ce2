"""Answers and history in words, for templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engage.challenges.enums.questions import ANSWERS
from engage.challenges.service import differences, in_words, told
from engage.challenges.views import bp
from engage.kernel.text import excerpt
from engage.kernel.wording import compare

if TYPE_CHECKING:
    from engage.audit.models import AuditEvent
    from engage.challenges.models import ChallengeReview

OWN = "challenges:challenge:"
DEEDS: Mapping[str, str] = {
    "drafted": "Draft started",
    "edited": "Text changed",
    "reopened": "Taken up again for changes",
    "submitted": "Sent for approval",
    "approved": "Text approved",
    "changes_requested": "Changes asked for",
    "notice_awaited": "Waiting for the notice on Find a Tender",
    "notice_recorded": "Notice recorded",
    "published": "Published",
    "engagement_started": "Engagement started",
    "engagement_ended": "Engagement ended, findings due",
    "closed": "Closed",
    "withdrawn": "Withdrawn",
}
PUBLIC_DEEDS = ("published", "engagement_started", "engagement_ended", "closed", "withdrawn")


@dataclass
class Line:
    """One entry of a history."""

    title: str
    at: datetime
    who: str = ""
    text: str = ""
    edited: list[str] = field(default_factory=list)


def history(
    events: Iterable[AuditEvent], reviews: Sequence[ChallengeReview], *, withdrawn: str | None = None
) -> Sequence[Line]:
    """Return audit lines in words, newest first; edits that one person made in a row are one entry.

    ``reviews`` (any order) and ``withdrawn`` give the reasons that the audit trail does not repeat.
    """
    reasons = iter(sorted((review for review in reviews if review.reasons), key=lambda review: review.id))
    lines: list[Line] = []
    for event in events:
        deed = event.tag.removeprefix(OWN)
        line = Line(
            _title(event.tag), event.at, event.actor_name or "Name removed", _details(deed, event.details)
        )
        if deed == "changes_requested":
            given = next(reasons, None)
            line.text = given.reasons if given else ""
        if deed == "withdrawn":
            line.text = withdrawn or ""
        if deed == "edited":
            line.edited = [ANSWERS[name].name for name in event.details.get("answers", ()) if name in ANSWERS]
            if lines and lines[-1].edited and lines[-1].who == line.who:
                line.edited = list(dict.fromkeys([*lines.pop().edited, *line.edited]))
            line.text = ", ".join(line.edited)
        lines.append(line)
    return lines[::-1]


def public_history(events: Iterable[AuditEvent], *, reason: str | None) -> Sequence[Line]:
    """Return what happened to a challenge since its publication, newest first, without names."""
    found = [
        Line(DEEDS[deed], event.at, text=_details(deed, event.details) if deed == "published" else "")
        for event in events
        if (deed := event.tag.removeprefix(OWN)) in PUBLIC_DEEDS
    ]
    for line in found:
        if line.title == DEEDS["withdrawn"]:
            line.text = reason or ""
    return found[::-1]


def _title(tag: str) -> str:
    if tag.startswith(OWN) and tag.removeprefix(OWN) in DEEDS:
        return DEEDS[tag.removeprefix(OWN)]
    _, _, deed = tag.partition(":")
    text = deed.replace(":", " ").replace("_", " ")
    return text[:1].upper() + text[1:]


def _details(deed: str, details: Mapping[str, Any]) -> str:
    if deed in {"submitted", "approved", "published"}:
        return f"Version {details.get('version', '?')}, fingerprint {str(details.get('hash', ''))[:12]}"
    if deed == "notice_recorded":
        return f"{details.get('notice_number', '')}, {details.get('ocid', '')}"
    return ""


bp.add_app_template_global(told, "challenge_answers")
bp.add_app_template_global(in_words, "answer_words")
bp.add_app_template_global(differences, "text_differences")
bp.add_app_template_global(compare, "compare_words")
bp.add_app_template_filter(excerpt)
