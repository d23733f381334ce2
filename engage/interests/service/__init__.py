"""Use cases of interests: declaring, checking, taking steps, assessing."""

from __future__ import annotations

from engage.interests.enums import CheckPoint
from engage.interests.service.assessing import Assessment, Tie, assess, concerned, document, review
from engage.interests.service.attesting import ATTESTED, ATTESTED_VERSION, Entry, attest, confirmed, lapsed
from engage.interests.service.conflicts import (
    Conflict,
    blocked,
    blocked_in,
    conflicts,
    is_blocked,
    note_findings,
)
from engage.interests.service.declaring import correct, declare, declare_none, end, withdraw
from engage.interests.service.domains import PUBLIC_PROVIDERS
from engage.interests.service.mitigating import decide_mitigation, propose_mitigation
from engage.interests.service.telling import Told

__all__ = [
    "ATTESTED",
    "ATTESTED_VERSION",
    "PUBLIC_PROVIDERS",
    "Assessment",
    "CheckPoint",
    "Conflict",
    "Entry",
    "Tie",
    "Told",
    "assess",
    "attest",
    "blocked",
    "blocked_in",
    "concerned",
    "confirmed",
    "conflicts",
    "correct",
    "decide_mitigation",
    "declare",
    "declare_none",
    "document",
    "end",
    "is_blocked",
    "lapsed",
    "note_findings",
    "propose_mitigation",
    "review",
    "withdraw",
]
