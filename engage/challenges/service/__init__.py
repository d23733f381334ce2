"""Use cases of challenges. Each reads the row again under a lock, so that of two clicks one acts."""

from __future__ import annotations

from engage.challenges.service.drafting import create_draft, fingerprint, save_answers
from engage.challenges.service.engagement import close, end_engaging, start_engaging
from engage.challenges.service.importing import ChallengeRecord, import_challenge, parse_challenge
from engage.challenges.service.publication import publish, record_notice, withdraw
from engage.challenges.service.review import approve, request_changes, submit, unfit
from engage.challenges.service.shared import hold

__all__ = [
    "ChallengeRecord",
    "approve",
    "close",
    "create_draft",
    "end_engaging",
    "fingerprint",
    "hold",
    "import_challenge",
    "parse_challenge",
    "publish",
    "record_notice",
    "request_changes",
    "save_answers",
    "start_engaging",
    "submit",
    "unfit",
    "withdraw",
]
