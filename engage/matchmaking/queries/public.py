"""What everyone may know of matching: numbers."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.matchmaking.enums import Origin, OverrideKind
from engage.matchmaking.models import Invitation, MatchRun, SelectionOverride, SelectionRules


@dataclass(frozen=True)
class Deviations:
    """How often people decided against or before the plan. ``rate`` is of the places planned."""

    pins: int
    exclusions: int
    ended: int
    after_release: int
    """How many of them came when invitations had gone out."""
    rate: float

    @property
    def number(self) -> int:
        """How many decisions there were, those taken back included."""
        return self.pins + self.exclusions


@dataclass(frozen=True)
class Summary:
    """What everyone may know of the matching of a challenge: numbers."""

    considered: int
    invited: int
    volunteers: int
    deviations: Deviations


def deviations(session: Session, *, challenge_id: int) -> Deviations:
    """Return how often people decided about single suppliers of a challenge, nobody named. One statement."""
    most = sa.select(sa.func.max(SelectionRules.places)).where(SelectionRules.challenge_id == challenge_id)
    counts = sa.select(
        sa.func.count().filter(SelectionOverride.kind == OverrideKind.PIN),
        sa.func.count().filter(SelectionOverride.kind == OverrideKind.EXCLUDE),
        sa.func.count().filter(SelectionOverride.ended_at.is_not(None)),
        sa.func.count().filter(SelectionOverride.after_release),
        sa.func.coalesce(most.scalar_subquery(), 0),
    ).where(SelectionOverride.challenge_id == challenge_id)
    pins, exclusions, ended, later, places = session.execute(counts).one()
    rate = (pins + exclusions) / places if places else 0.0
    return Deviations(pins=pins, exclusions=exclusions, ended=ended, after_release=later, rate=rate)


def public_summary(session: Session, *, challenge_id: int) -> Summary | None:
    """Return what everyone may know of the matching of a public challenge, or ``None`` before a release."""
    considered = session.scalar(
        sa.select(MatchRun.suppliers_considered)
        .where(MatchRun.challenge_id == challenge_id, MatchRun.released_at.is_not(None))
        .order_by(MatchRun.released_at.desc())
        .limit(1)
    )
    # Who was matched, and after its invitation had ended asked for a talk or volunteered, was invited by the match.
    matched = Invitation.run_id.is_not(None)
    origin = sa.case((matched, sa.literal(Origin.MATCHED, Invitation.origin.type)), else_=Invitation.origin)
    query = (
        sa.select(origin, sa.func.count())
        .where(Invitation.challenge_id == challenge_id, Invitation.sent_at.is_not(None))
        .group_by(origin)
    )
    sent: dict[Origin, int] = {row[0]: row[1] for row in session.execute(query)}
    if considered is None:
        return None
    return Summary(
        considered,
        sent.get(Origin.MATCHED, 0),
        sent.get(Origin.VOLUNTEERED, 0),
        deviations(session, challenge_id=challenge_id),
    )
