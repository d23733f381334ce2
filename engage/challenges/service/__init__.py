"""Use cases of challenges. Each reads the row again under a lock, so that of two clicks one acts."""

from __future__ import annotations

from engage.challenges.service.advice import Advice, advise
from engage.challenges.service.attachments import (
    CHECK,
    attach,
    detach,
    keep_file,
    let_go,
    note_trouble,
    settle,
    tidy,
    unready,
)
from engage.challenges.service.changing import publish_revision
from engage.challenges.service.copying import copy_challenge
from engage.challenges.service.drafting import (
    create_draft,
    drop_aside,
    fixed,
    merge_answers,
    put_aside,
    save_answers,
    why_fixed,
)
from engage.challenges.service.engagement import close, end_early, end_engaging, start_engaging
from engage.challenges.service.fairness import SUGGESTED_STEPS, add_step, justify, remove_step
from engage.challenges.service.importing import ChallengeRecord, import_challenge, parse_challenge
from engage.challenges.service.merging import Parting, partings
from engage.challenges.service.publication import publish, record_notice, withdraw
from engage.challenges.service.review import approve, request_changes, submit, unfit
from engage.challenges.service.revisions import (
    approve_revision,
    drop_revision,
    open_revision,
    send_revision_back,
    submit_revision,
    unfit_revision,
)
from engage.challenges.service.routing import (
    decline_route_change,
    knowledge,
    make_route_change,
    propose_route,
    public_part,
    who_knew,
    why_route_stays,
)
from engage.challenges.service.scheduling import cancel_schedule, publish_due, schedule
from engage.challenges.service.shared import SCHEDULABLE, lock
from engage.challenges.service.wording import Difference, Told, differences, in_words, told

__all__ = [
    "CHECK",
    "SCHEDULABLE",
    "SUGGESTED_STEPS",
    "Advice",
    "ChallengeRecord",
    "Difference",
    "Parting",
    "Told",
    "add_step",
    "advise",
    "approve",
    "approve_revision",
    "attach",
    "cancel_schedule",
    "close",
    "copy_challenge",
    "create_draft",
    "decline_route_change",
    "detach",
    "differences",
    "drop_aside",
    "drop_revision",
    "end_early",
    "end_engaging",
    "fixed",
    "import_challenge",
    "in_words",
    "justify",
    "keep_file",
    "knowledge",
    "let_go",
    "lock",
    "make_route_change",
    "merge_answers",
    "note_trouble",
    "open_revision",
    "parse_challenge",
    "partings",
    "propose_route",
    "public_part",
    "publish",
    "publish_due",
    "publish_revision",
    "put_aside",
    "record_notice",
    "remove_step",
    "request_changes",
    "save_answers",
    "schedule",
    "send_revision_back",
    "settle",
    "start_engaging",
    "submit",
    "submit_revision",
    "tidy",
    "told",
    "unfit",
    "unfit_revision",
    "unready",
    "who_knew",
    "why_fixed",
    "why_route_stays",
    "withdraw",
]
