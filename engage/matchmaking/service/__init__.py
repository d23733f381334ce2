"""Matching suppliers to challenges, choosing, releasing, and the life of invitations."""

from __future__ import annotations

from engage.matchmaking.service.corpus import refresh_corpus
from engage.matchmaking.service.deciding import decided_sentence
from engage.matchmaking.service.fairness import FairnessReport, report
from engage.matchmaking.service.forgetting import forget_words
from engage.matchmaking.service.frozen import frozen_profile
from engage.matchmaking.service.invitations import (
    expire,
    invite,
    last_moment,
    mark_accepted,
    mark_declined,
    withdraw,
)
from engage.matchmaking.service.judged import Judged, judged
from engage.matchmaking.service.lottery import commit_to_lottery
from engage.matchmaking.service.matchable import MATCHABLE
from engage.matchmaking.service.opportunities import Opportunity, opportunities
from engage.matchmaking.service.overrides import end_override, override
from engage.matchmaking.service.places import Room, room
from engage.matchmaking.service.preview import Preview, preview
from engage.matchmaking.service.reasons import Piece, Reason, own_reasons, pieces
from engage.matchmaking.service.reconfirming import mark_confirmed, reopen, text_changed
from engage.matchmaking.service.record import Record, record
from engage.matchmaking.service.releasing import (
    Released,
    next_alternate,
    plan_mark,
    release,
    room_of,
    send_waiting,
)
from engage.matchmaking.service.replay import Replay, explain_frozen, replay
from engage.matchmaking.service.resolving import resolve
from engage.matchmaking.service.rules import RulesText, rules_sentences, set_rules
from engage.matchmaking.service.runs import RUN_FOR, run, run_soon, supersede
from engage.matchmaking.service.seeing import SeenStatement, Sight, Word, sight
from engage.matchmaking.service.selecting import cost_of, plan, rules_in_force
from engage.matchmaking.service.standing import Standing, Verdict, standing, standings
from engage.matchmaking.service.tags import tag_words
from engage.matchmaking.service.vectors import (
    Progress,
    count_missing,
    embed_some,
    embed_soon,
    progress,
    take_turn,
    waiting_since,
)

__all__ = [
    "MATCHABLE",
    "RUN_FOR",
    "FairnessReport",
    "Judged",
    "Opportunity",
    "Piece",
    "Preview",
    "Progress",
    "Reason",
    "Record",
    "Released",
    "Replay",
    "Room",
    "RulesText",
    "SeenStatement",
    "Sight",
    "Standing",
    "Verdict",
    "Word",
    "commit_to_lottery",
    "cost_of",
    "count_missing",
    "decided_sentence",
    "embed_some",
    "embed_soon",
    "end_override",
    "expire",
    "explain_frozen",
    "forget_words",
    "frozen_profile",
    "invite",
    "judged",
    "last_moment",
    "mark_accepted",
    "mark_confirmed",
    "mark_declined",
    "next_alternate",
    "opportunities",
    "override",
    "own_reasons",
    "pieces",
    "plan",
    "plan_mark",
    "preview",
    "progress",
    "record",
    "refresh_corpus",
    "release",
    "reopen",
    "replay",
    "report",
    "resolve",
    "room",
    "room_of",
    "rules_in_force",
    "rules_sentences",
    "run",
    "run_soon",
    "send_waiting",
    "set_rules",
    "sight",
    "standing",
    "standings",
    "supersede",
    "tag_words",
    "take_turn",
    "text_changed",
    "waiting_since",
    "withdraw",
]
