"""What addresses have arranged for all their subscriptions: pauses, and challenges they muted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges.models import Challenge
from engage.digests.models import Mute, Pause


@dataclass(frozen=True)
class Arranged:
    """Pauses and muted challenges by address, in lower case."""

    pauses: Mapping[str, Pause] = field(default_factory=dict)
    muted: Mapping[str, frozenset[int]] = field(default_factory=dict)


def arranged(session: Session, emails: Collection[str]) -> Arranged:
    """Return what these addresses have arranged; two statements, however many there are."""
    asked = sa.any_(sa.literal([email.lower() for email in emails], sa.ARRAY(sa.Text)))
    pauses = {found.email: found for found in session.scalars(sa.select(Pause).where(Pause.email == asked))}
    muted: dict[str, set[int]] = {}
    for row in session.execute(sa.select(Mute.email, Mute.challenge_id).where(Mute.email == asked)):
        muted.setdefault(row.email, set()).add(row.challenge_id)
    return Arranged(pauses, {email: frozenset(ids) for email, ids in muted.items()})


def muted(session: Session, email: str) -> Sequence[Challenge]:
    """Return the challenges that an address muted and that everybody may see now, muted last in front."""
    query = (
        sa.select(Challenge)
        .join(Mute, Mute.challenge_id == Challenge.id)
        .where(Mute.email == email.lower())
        .options(joinedload(Challenge.organisation))
        .order_by(Mute.created_at.desc(), Challenge.id)
    )
    return [found for found in session.scalars(query) if found.is_public]
