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
from engage.kernel.uktime import uk_time
from engage.kernel.wording import compare

if TYPE_CHECKING:
    from engage.audit.models import AuditEvent
    from engage.challenges.models import ChallengeReview

OWN = "challenges:challenge:"
DEEDS: Mapping[str, str] = {
    "drafted": "Draft started",
    "copied": "Copied from an earlier challenge",
    "edited": "Text changed",
    "attached": "File attached",
    "detached": "Attachment removed",
    "attachment_clean": "Attachment checked, nothing found",
    "attachment_refused": "Attachment refused by the check",
    "reopened": "Taken up again for changes",
    "submitted": "Sent for approval",
    "approved": "Text approved",
    "changes_requested": "Changes asked for",
    "notice_awaited": "Waiting for the notice on Find a Tender",
    "notice_recorded": "Notice recorded",
    "scheduled": "Time of publication set",
    "rescheduled": "Time of publication changed",
    "schedule_cancelled": "Time of publication taken back",
    "schedule_failed": "Not published at the time set",
    "published": "Published",
    "route_proposed": "Change of the legal route proposed",
    "route_changed": "Legal route changed",
    "route_change_declined": "Change of the legal route declined",
    "resumed": "Goes on after the notice",
    "step_recorded": "Step against an unfair advantage recorded",
    "step_removed": "Step taken off the list",
    "difference_justified": "Difference between suppliers justified",
    "revision_opened": "A change of the published text begun",
    "revision_edited": "Change of the published text written",
    "revision_submitted": "Change sent for approval",
    "revision_sent_back": "Changes to the change asked for",
    "revision_approved": "Change approved",
    "revision_dropped": "Change dropped",
    "changed": "Text changed",
    "engagement_started": "Engagement started",
    "engagement_ended": "Engagement ended, findings due",
    "ended_early": "Engagement ended before the closing date",
    "closed": "Closed",
    "withdrawn": "Withdrawn",
}
PUBLIC_DEEDS = (
    *("published", "changed", "route_changed", "resumed", "engagement_started", "engagement_ended"),
    *("ended_early", "closed", "withdrawn"),
)
SENT_BACK = ("changes_requested", "revision_sent_back")
WRITTEN = ("edited", "revision_edited")


@dataclass
class Line:
    """One entry of a history."""

    title: str
    at: datetime
    who: str = ""
    text: str = ""
    edited: list[str] = field(default_factory=list)


def history(
    events: Iterable[AuditEvent],
    reviews: Sequence[ChallengeReview],
    *,
    withdrawn: str | None = None,
    ended_early: str | None = None,
) -> Sequence[Line]:
    """Return audit lines in words, newest first; edits that one person made in a row are one entry.

    ``reviews`` (any order), ``withdrawn`` and ``ended_early`` give the reasons that the audit trail does not repeat.
    """
    reasons = iter(sorted((review for review in reviews if review.reasons), key=lambda review: review.id))
    lines: list[Line] = []
    for event in events:
        deed = event.tag.removeprefix(OWN)
        line = Line(
            _title(event.tag), event.at, event.actor_name or "Name removed", _details(deed, event.details)
        )
        if deed in SENT_BACK:
            given = next(reasons, None)
            line.text = given.reasons if given else ""
        if deed == "withdrawn":
            line.text = withdrawn or ""
        if deed == "ended_early":
            line.text = ended_early or ""
        if deed in WRITTEN:
            line.edited = [ANSWERS[name].name for name in event.details.get("answers", ()) if name in ANSWERS]
            if lines and lines[-1].edited and (lines[-1].who, lines[-1].title) == (line.who, line.title):
                line.edited = list(dict.fromkeys([*lines.pop().edited, *line.edited]))
            line.text = ", ".join(line.edited)
        lines.append(line)
    return lines[::-1]


def public_history(
    events: Iterable[AuditEvent], *, reason: str | None, ended_early: str | None = None
) -> Sequence[Line]:
    """Return what happened to a challenge since its publication, newest first, without names."""
    found = [
        Line(
            DEEDS[deed],
            event.at,
            text=_details(deed, event.details) if deed in {"published", "changed"} else "",
        )
        for event in events
        if (deed := event.tag.removeprefix(OWN)) in PUBLIC_DEEDS
    ]
    for line in found:
        if line.title == DEEDS["withdrawn"]:
            line.text = reason or ""
        if line.title == DEEDS["ended_early"]:
            line.text = ended_early or ""
    return found[::-1]


def _title(tag: str) -> str:
    if tag.startswith(OWN) and tag.removeprefix(OWN) in DEEDS:
        return DEEDS[tag.removeprefix(OWN)]
    _, _, deed = tag.partition(":")
    text = deed.replace(":", " ").replace("_", " ")
    return text[:1].upper() + text[1:]


def _details(deed: str, details: Mapping[str, Any]) -> str:
    if deed in {"submitted", "approved", "published", "changed", "revision_submitted", "revision_approved"}:
        return f"Version {details.get('version', '?')}, fingerprint {str(details.get('hash', ''))[:12]}"
    if deed == "notice_recorded":
        return f"{details.get('notice_number', '')}, {details.get('ocid', '')}"
    if deed in {"scheduled", "rescheduled", "schedule_cancelled", "schedule_failed"}:
        return uk_time(datetime.fromisoformat(details["publish_at"]))
    if deed == "copied":
        return str(details.get("source", ""))
    return ""


bp.add_app_template_global(told, "challenge_answers")
bp.add_app_template_global(in_words, "answer_words")
bp.add_app_template_global(differences, "text_differences")
bp.add_app_template_global(compare, "compare_words")
bp.add_app_template_filter(excerpt)
