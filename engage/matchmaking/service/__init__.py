"""Matching suppliers to challenges, choosing, releasing, and the life of invitations."""

from __future__ import annotations

from engage.matchmaking.service.invitations import (
    expire,
    invite,
    last_moment,
    mark_accepted,
    mark_declined,
    withdraw,
)
from engage.matchmaking.service.opportunities import Opportunity, opportunities
from engage.matchmaking.service.preview import Preview, preview
from engage.matchmaking.service.releasing import Released, release, send_waiting
from engage.matchmaking.service.runs import (
    MATCHABLE,
    MOST_SHORTLISTED,
    RUN_FOR,
    SHORTLIST,
    choose,
    run,
    run_soon,
    supersede,
)
from engage.matchmaking.service.seeing import SeenStatement, Sight, Word, sight
from engage.matchmaking.service.vectors import count_missing, embed_some, embed_soon

__all__ = [
    "MATCHABLE",
    "MOST_SHORTLISTED",
    "RUN_FOR",
    "SHORTLIST",
    "Opportunity",
    "Preview",
    "Released",
    "SeenStatement",
    "Sight",
    "Word",
    "choose",
    "count_missing",
    "embed_some",
    "embed_soon",
    "expire",
    "invite",
    "last_moment",
    "mark_accepted",
    "mark_declined",
    "opportunities",
    "preview",
    "release",
    "run",
    "run_soon",
    "send_waiting",
    "sight",
    "supersede",
    "withdraw",
]
