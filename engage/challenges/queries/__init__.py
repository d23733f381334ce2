"""Reading challenges. What is not public is visible to its department and to auditors, and to nobody else."""

from __future__ import annotations

from engage.challenges.queries.board import (
    CARDS_SHOWN,
    COLUMNS,
    BoardCard,
    BoardColumn,
    for_department,
)
from engage.challenges.queries.drafting import (
    all_aside,
    answer_number,
    answers_at,
    aside,
    current_answers,
    last_edit,
    last_number,
)
from engage.challenges.queries.finding import (
    NO_CHALLENGE,
    approvers,
    by_id,
    by_ref,
    challenge,
    departments,
    latest_version,
    open_challenges,
    public_challenge,
    public_challenges,
    public_references,
    published_between,
    published_version,
    recently_closed,
    reviews,
)

__all__ = [
    "CARDS_SHOWN",
    "COLUMNS",
    "NO_CHALLENGE",
    "BoardCard",
    "BoardColumn",
    "all_aside",
    "answer_number",
    "answers_at",
    "approvers",
    "aside",
    "by_id",
    "by_ref",
    "challenge",
    "current_answers",
    "departments",
    "for_department",
    "last_edit",
    "last_number",
    "latest_version",
    "open_challenges",
    "public_challenge",
    "public_challenges",
    "public_references",
    "published_between",
    "published_version",
    "recently_closed",
    "reviews",
]
