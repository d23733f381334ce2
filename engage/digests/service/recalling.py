"""Letters that wait to be sent when the page they lead to goes out of view: they never leave."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges.models import Challenge
from engage.kernel.actor import System
from engage.matchmaking import queries as matchmaking
from engage.matchmaking import service as invitations
from engage.matchmaking.enums import InvitationState
from engage.outbox.enums import WAITING, LetterState
from engage.outbox.models import Letter
from engage.outbox.service.bulk import cancel_all

SENDER = System()
INVITATION = "invitation"
LEADING = (
    INVITATION,
    "invitation_reminder",
    "invitation_more_time",
    "challenge_changed",
    "engagement_resumed",
)
"""Letters that send their reader to the text, and say nothing that is needed without it."""
FOLLOWING = ("invitation_withdrawn", "invitation_reminder", "invitation_more_time")
"""Letters that mean nothing to somebody whose invitation never left."""


def recall(session: Session, *, challenge: Challenge, reason: str) -> frozenset[str]:
    """Cancel the letters that wait and lead to the page of ``challenge``, with ``reason``.

    Returns the addresses, in lower case, that were invited by a letter which never left, now or at an earlier time: to
    them nothing else is to be said. Side effects: the letters and their steps, an audit line.
    """
    waiting = sa.select(Letter.id).where(
        Letter.challenge_ref == challenge.ref, Letter.template.in_(LEADING), Letter.state.in_(WAITING)
    )
    cancelled = list(cancel_all(session, letters=waiting, reason=reason))
    unheard = _unheard(session, challenge)
    following = sa.select(Letter.id).where(
        Letter.challenge_ref == challenge.ref,
        Letter.template.in_(FOLLOWING),
        sa.func.lower(Letter.recipient).in_(unheard),
        Letter.state.in_(WAITING),
    )
    cancelled += cancel_all(session, letters=following, reason=reason)
    if cancelled:
        audit.record(
            session,
            actor=SENDER,
            tag="digests:letters:recalled",
            subject=f"challenge:{challenge.ref}",
            letters=len(cancelled),
            reason=reason,
        )
    return unheard


def invite_after_all(session: Session, *, challenge: Challenge, key: str) -> int:
    """Write the invitations that were recalled, now that the page can be read; return how many letters.

    ``key`` tells this return to view from others. Only invitations that still wait for an answer.
    """
    people = _unheard(session, challenge)
    if not people:
        return 0
    return sum(
        invitations.tell_after_all(session, sender=SENDER, invitation=one, people=people, key=key)
        for one in matchmaking.for_challenge(session, challenge_id=challenge.id)
        if one.state is InvitationState.SENT
    )


def _unheard(session: Session, challenge: Challenge) -> frozenset[str]:
    """Return the addresses whose invitations were all cancelled before one could have left, in lower case."""
    address = sa.func.lower(Letter.recipient)
    query = (
        sa.select(address)
        .where(Letter.challenge_ref == challenge.ref, Letter.template == INVITATION)
        .group_by(address)
        .having(sa.func.bool_and(sa.and_(Letter.state == LetterState.CANCELLED, ~Letter.in_doubt)))
    )
    return frozenset(session.scalars(query))
