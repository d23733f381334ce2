"""Use cases of challenges. Each reads the row again under a lock, so that of two clicks one acts."""

from __future__ import annotations

from engage.challenges.service.advice import Advice, advise
from engage.challenges.service.drafting import (
    create_draft,
    drop_aside,
    merge_answers,
    put_aside,
    save_answers,
)
from engage.challenges.service.engagement import close, end_engaging, start_engaging
from engage.challenges.service.importing import ChallengeRecord, import_challenge, parse_challenge
from engage.challenges.service.merging import Parting, partings
from engage.challenges.service.publication import publish, record_notice, withdraw
from engage.challenges.service.review import approve, request_changes, submit, unfit
from engage.challenges.service.shared import hold

__all__ = [
    "Advice",
    "ChallengeRecord",
    "Parting",
    "advise",
    "approve",
    "close",
    "create_draft",
    "drop_aside",
    "end_engaging",
    "hold",
    "import_challenge",
    "merge_answers",
    "parse_challenge",
    "partings",
    "publish",
    "put_aside",
    "record_notice",
    "request_changes",
    "save_answers",
    "start_engaging",
    "submit",
    "unfit",
    "withdraw",
]
