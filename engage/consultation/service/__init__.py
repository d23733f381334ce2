"""Asking, answering to everyone at once, turning a question away; recording and releasing what was told elsewhere."""

from __future__ import annotations

from engage.consultation.service.letters import people_invited, people_told, share, tell
from engage.consultation.service.naming import traces
from engage.consultation.service.questions import ask, reject, release, traces_in
from engage.consultation.service.telling import (
    ELSEWHERE,
    Said,
    record_again,
    record_telling,
    release_fact,
    release_with_publication,
    set_for_publication,
    traces_of_told,
)

__all__ = [
    "ELSEWHERE",
    "Said",
    "ask",
    "people_invited",
    "people_told",
    "record_again",
    "record_telling",
    "reject",
    "release",
    "release_fact",
    "release_with_publication",
    "set_for_publication",
    "share",
    "tell",
    "traces",
    "traces_in",
    "traces_of_told",
]
