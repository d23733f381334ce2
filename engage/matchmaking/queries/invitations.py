"""Invitations, for their department and their supplier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts.models import Membership, Person
from engage.challenges.models import Challenge
from engage.kernel.errors import NotFound
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation, Wave
from engage.suppliers.models import Supplier


def _invitations() -> sa.Select[Invitation]:
    return sa.select(Invitation).options(
        joinedload(Invitation.challenge).joinedload(Challenge.organisation),
        joinedload(Invitation.supplier).joinedload(Supplier.organisation),
    )


def invitation(session: Session, *, ref: str) -> Invitation:
    """Return the invitation with ``ref``, its challenge, department and supplier loaded.

    Raises ``NotFound`` when there is none, or when it was never sent: nobody outside the department may
    know of it.
    """
    query = _invitations().where(Invitation.ref == ref, Invitation.sent_at.is_not(None))
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def invitations_for(session: Session, *, supplier_id: int) -> Sequence[Invitation]:
    """Return the invitations that were sent to a supplier, newest first; challenge and department loaded."""
    query = (
        _invitations()
        .where(Invitation.supplier_id == supplier_id, Invitation.sent_at.is_not(None))
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
    )
    return session.scalars(query).all()


def for_challenge(session: Session, *, challenge_id: int) -> Sequence[Invitation]:
    """Return every invitation of a challenge, also those held, in order of creation; suppliers loaded."""
    query = _invitations().where(Invitation.challenge_id == challenge_id).order_by(Invitation.id)
    return session.scalars(query).all()


def invitation_of(session: Session, *, challenge_id: int, supplier_id: int) -> Invitation | None:
    """Return the invitation of a supplier to a challenge, in whatever state, or ``None``."""
    query = _invitations().where(
        Invitation.challenge_id == challenge_id, Invitation.supplier_id == supplier_id
    )
    return session.scalar(query)


def overdue(session: Session, *, moment: datetime) -> Sequence[int]:
    """Return the ids of the sent invitations whose last moment to answer has passed at ``moment``, oldest first."""
    query = (
        sa.select(Invitation.id)
        .where(Invitation.state == InvitationState.SENT, Invitation.expires_at <= moment)
        .order_by(Invitation.expires_at, Invitation.id)
    )
    return session.scalars(query).all()


def unsent(session: Session) -> Sequence[int]:
    """Return the ids of the held invitations that need no release any more, by challenge, in order of creation."""
    released = sa.or_(Invitation.drawn_at.is_(None), Invitation.wave_id.is_not(None))
    query = sa.select(Invitation.id).where(Invitation.state == InvitationState.HELD, released)
    return session.scalars(query.order_by(Invitation.challenge_id, Invitation.id)).all()


def unread(session: Session, *, moment: datetime) -> Sequence[int]:
    """Return the ids of the held invitations of waves whose time to answer has passed at ``moment``, oldest first."""
    since = sa.func.greatest(Invitation.created_at, Wave.released_at)
    until = since + sa.func.make_interval(0, 0, 0, Wave.days_to_answer)
    query = (
        sa.select(Invitation.id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(Invitation.state == InvitationState.HELD, until <= moment)
        .order_by(Invitation.id)
    )
    return session.scalars(query).all()


def reachable(session: Session, *, supplier_ids: Sequence[int]) -> set[int]:
    """Return those suppliers of whom somebody has an account and can be told; one statement."""
    query = (
        sa.select(Supplier.id)
        .join(Membership, Membership.organisation_id == Supplier.organisation_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Supplier.id.in_(supplier_ids),
            Membership.ended_at.is_(None),
            Person.disabled_at.is_(None),
            Person.email_verified_at.is_not(None),
        )
    )
    return set(session.scalars(query))


def to_remind(session: Session, *, moment: datetime, until: datetime) -> Sequence[Invitation]:
    """Return the sent invitations that can be answered at ``moment`` and no longer at ``until``, soonest first."""
    query = _invitations().where(
        Invitation.state == InvitationState.SENT,
        Invitation.expires_at > moment,
        Invitation.expires_at <= until,
    )
    return session.scalars(query.order_by(Invitation.expires_at, Invitation.id)).all()
