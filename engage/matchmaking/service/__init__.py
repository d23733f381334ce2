"""Matching suppliers to challenges, choosing, releasing, and the life of invitations."""

from __future__ import annotations

from engage.matchmaking.service.invitations import expire, invite, mark_accepted, mark_declined, withdraw

__all__ = ["expire", "invite", "mark_accepted", "mark_declined", "withdraw"]
