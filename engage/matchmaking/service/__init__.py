"""Matching suppliers to challenges, choosing, releasing, and the life of invitations."""

from __future__ import annotations

from engage.matchmaking.service.alternates import draw_alternates, next_alternate, terms_of
from engage.matchmaking.service.corpus import refresh_corpus
from engage.matchmaking.service.deciding import decided_sentence
from engage.matchmaking.service.deviating import invite_against, take_back
from engage.matchmaking.service.fairness import FairnessReport, report
from engage.matchmaking.service.fitting import Fit, fits
from engage.matchmaking.service.forgetting import forget_words
from engage.matchmaking.service.frozen import frozen_profile
from engage.matchmaking.service.going_on import go_on, go_on_everywhere
from engage.matchmaking.service.held import end_unread, send_held, send_waiting
from engage.matchmaking.service.invitations import (
    DRAW,
    expire,
    invite,
    invite_who_offered,
    is_verified,
    last_moment,
    let_answer,
    mark_accepted,
    mark_declined,
    withdraw,
)
from engage.matchmaking.service.judged import Judged, judged
from engage.matchmaking.service.letters import tell_after_all
from engage.matchmaking.service.letting import release_alternates, waiting_mark
from engage.matchmaking.service.lottery import commit_to_lottery
from engage.matchmaking.service.matchable import MATCHABLE
from engage.matchmaking.service.opportunities import Opportunity, opportunities
from engage.matchmaking.service.overdue import expire_overdue
from engage.matchmaking.service.overrides import end_override, override
from engage.matchmaking.service.places import Room, room
from engage.matchmaking.service.preview import Preview, preview
from engage.matchmaking.service.reasons import Piece, Reason, own_reasons, pieces
from engage.matchmaking.service.reconfirming import mark_confirmed, reopen, text_changed
from engage.matchmaking.service.record import Record, record
from engage.matchmaking.service.releasing import Released, plan_mark, release
from engage.matchmaking.service.reminding import remind_of_invitations
from engage.matchmaking.service.replay import Replay, explain_frozen, replay
from engage.matchmaking.service.resolving import resolve
from engage.matchmaking.service.rules import RulesText, rules_sentences, set_rules
from engage.matchmaking.service.runs import RUN_FOR, run, run_soon, supersede
from engage.matchmaking.service.seeing import SeenStatement, Sight, Word, sight
from engage.matchmaking.service.selecting import cost_of, plan, rules_in_force
from engage.matchmaking.service.standing import Standing, Verdict, standing, standings
from engage.matchmaking.service.tags import fold, tag_words
from engage.matchmaking.service.vectors import (
    Progress,
    count_missing,
    embed_some,
    embed_soon,
    progress,
    take_turn,
    waiting_since,
)
from engage.matchmaking.service.waves import FEWEST_DAYS, MOST_DAYS, WaveTerms, let_follow, room_of

__all__ = [
    "DRAW",
    "FEWEST_DAYS",
    "MATCHABLE",
    "MOST_DAYS",
    "RUN_FOR",
    "FairnessReport",
    "Fit",
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
    "WaveTerms",
    "Word",
    "commit_to_lottery",
    "cost_of",
    "count_missing",
    "decided_sentence",
    "draw_alternates",
    "embed_some",
    "embed_soon",
    "end_override",
    "end_unread",
    "expire",
    "expire_overdue",
    "explain_frozen",
    "fits",
    "fold",
    "forget_words",
    "frozen_profile",
    "go_on",
    "go_on_everywhere",
    "invite",
    "invite_against",
    "invite_who_offered",
    "is_verified",
    "judged",
    "last_moment",
    "let_answer",
    "let_follow",
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
    "release_alternates",
    "remind_of_invitations",
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
    "send_held",
    "send_waiting",
    "set_rules",
    "sight",
    "standing",
    "standings",
    "supersede",
    "tag_words",
    "take_back",
    "take_turn",
    "tell_after_all",
    "terms_of",
    "text_changed",
    "waiting_mark",
    "waiting_since",
    "withdraw",
]
