"""Reading match runs, invitations and the waves in which they go out."""

from __future__ import annotations

from engage.matchmaking.queries.due import due
from engage.matchmaking.queries.invitations import (
    for_challenge,
    invitation,
    invitation_of,
    invitations_for,
    overdue,
    reachable,
    to_remind,
    unread,
    unsent,
)
from engage.matchmaking.queries.public import Deviations, Summary, deviations, public_summary
from engage.matchmaking.queries.runs import (
    candidate,
    candidates,
    current_run,
    matched_text,
    overrides,
    released_run,
    released_runs,
    releaser,
    rules_versions,
    run_by_ref,
    run_of,
)
from engage.matchmaking.queries.waves import (
    WaveStanding,
    alternates_waiting,
    freed_place,
    last_wave,
    wave,
    waves_of_challenge,
    with_free_places,
)

__all__ = [
    "Deviations",
    "Summary",
    "WaveStanding",
    "alternates_waiting",
    "candidate",
    "candidates",
    "current_run",
    "deviations",
    "due",
    "for_challenge",
    "freed_place",
    "invitation",
    "invitation_of",
    "invitations_for",
    "last_wave",
    "matched_text",
    "overdue",
    "overrides",
    "public_summary",
    "reachable",
    "released_run",
    "released_runs",
    "releaser",
    "rules_versions",
    "run_by_ref",
    "run_of",
    "to_remind",
    "unread",
    "unsent",
    "wave",
    "waves_of_challenge",
    "with_free_places",
]
